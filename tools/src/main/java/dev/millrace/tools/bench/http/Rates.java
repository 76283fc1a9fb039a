package dev.millrace.tools.bench.http;

import dev.millrace.config.ConfigException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests a second to try.
 *
 * @param low the lowest; 0 for a closed loop
 * @param high the highest; {@code low} where there is one rate
 */
record Rates(double low, double high) {
    static final Rates CLOSED = new Rates(0, 0);
    private static final int STEPS = 6;

    /** Where a search ends: the highest rate that holds is known to this factor. */
    private static final double CLOSE_ENOUGH = 1.05;

    private static final double HIGHEST = 10_000_000;

    /** Measures one rate. */
    @FunctionalInterface
    interface Measurement {
        RunResult at(double rate) throws IOException, InterruptedException;
    }

    /**
     * @throws ConfigException where the text is neither {@code N} nor {@code a..b}
     */
    static Rates parse(String option, String text) {
        int dots = text.indexOf("..");
        double low = number(dots < 0 ? text : text.substring(0, dots));
        double high = dots < 0 ? low : number(text.substring(dots + 2));
        if (!(low > 0 && high >= low && high <= HIGHEST)) {
            throw new ConfigException(
                    option, text, "requests a second such as 500, or a range such as 100..20000");
        }
        return new Rates(low, high);
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** One load; or several up to {@link #high}; or those that find where the goals end. */
    List<RunResult> measure(Slo slo, Measurement measurement)
            throws IOException, InterruptedException {
        List<RunResult> runs = new ArrayList<>();
        if (low == high) {
            runs.add(measurement.at(low));
        } else if (slo.goals().isEmpty()) {
            for (int i = 0; i < STEPS; i++) {
                runs.add(measurement.at(low * Math.pow(high / low, i / (STEPS - 1.0))));
            }
        } else {
            search(runs, measurement);
        }
        return runs;
    }

    /** Doubles until the goals are missed, then halves the distance, in proportion. */
    private void search(List<RunResult> runs, Measurement measurement)
            throws IOException, InterruptedException {
        double good = 0;
        double bad = 0;
        double next = low;
        while (bad == 0 && good < high) {
            RunResult run = measurement.at(next);
            runs.add(run);
            if (run.holds()) {
                good = next;
            } else {
                bad = next;
            }
            next = Math.min(high, 2 * next);
        }
        while (good > 0 && bad > good * CLOSE_ENOUGH) {
            double middle = Math.sqrt(good * bad);
            RunResult run = measurement.at(middle);
            runs.add(run);
            if (run.holds()) {
                good = middle;
            } else {
                bad = middle;
            }
        }
    }

    /** The highest rate among those that held; 0 where none did. */
    static double highest(List<RunResult> runs) {
        return runs.stream()
                .filter(RunResult::holds)
                .mapToDouble(RunResult::offeredPerSecond)
                .max()
                .orElse(0);
    }
}
