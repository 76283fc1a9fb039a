package dev.millrace.tools.bench.http;

import dev.millrace.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A service level objective: latencies that must not be exceeded. Immutable. */
record Slo(List<Goal> goals) {
    static final Slo NONE = new Slo(List.of());

    /** Less than this of what is offered means that requests pile up. */
    private static final double KEPT_UP = 0.95;

    private static final Pattern GOAL =
            Pattern.compile("(p50|p90|p99|p99\\.9|max|ttft|itl)=([0-9.]+)(us|ms|s)");
    private static final Map<String, Double> MILLIS = Map.of("us", 1e-3, "ms", 1.0, "s", 1e3);

    Slo {
        goals = List.copyOf(goals);
    }

    /**
     * @param what {@code p50} to {@code max} of whole answers; {@code ttft} and {@code itl} are the
     *     99th percentile of the time to a stream's first part, and between its parts
     */
    record Goal(String what, double millis) {
        double measured(RunResult run) {
            return switch (what) {
                case "ttft" -> run.firstPart().p99();
                case "itl" -> run.betweenParts().p99();
                case "max" -> run.latency().max();
                default -> run.latency().at(Double.parseDouble(what.substring(1)));
            };
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s=%sms", what, millis);
        }
    }

    /**
     * @throws ConfigException where the text names no goals
     */
    static Slo parse(String option, String text) {
        List<Goal> goals = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher goal = GOAL.matcher(part);
            if (!goal.matches() || goal.group(2).chars().filter(c -> c == '.').count() > 1) {
                throw new ConfigException(
                        option, text, "goals such as p99=5ms or ttft=200ms,itl=50ms");
            }
            goals.add(
                    new Goal(
                            goal.group(1),
                            Double.parseDouble(goal.group(2))
                                    * MILLIS.getOrDefault(goal.group(3), 1.0)));
        }
        return new Slo(goals);
    }

    /** Whether the load was answered whole, as fast as it was offered, and within all goals. */
    boolean holds(RunResult run) {
        return goals.isEmpty()
                || (run.failed() == 0
                        && run.answered() > 0
                        && run.answeredPerSecond() >= KEPT_UP * run.offeredPerSecond()
                        && goals.stream().allMatch(goal -> goal.measured(run) <= goal.millis()));
    }

    @Override
    public String toString() {
        return goals.stream().map(Goal::toString).collect(Collectors.joining(","));
    }
}
