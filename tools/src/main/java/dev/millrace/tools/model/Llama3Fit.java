package dev.millrace.tools.model;

import org.jspecify.annotations.Nullable;

/**
 * Finds the parameters of Llama 3's rotary scaling behind what it divides each frequency by.
 *
 * <p>Between its two bounds the share of a frequency that is kept grows linearly with its turns
 * within the original context, so two frequencies there give both bounds.
 */
final class Llama3Fit {
    private static final double TOLERANCE = 1e-5;

    /** What every Llama 3 has. */
    private static final double LOW = 1;

    private static final double HIGH = 4;
    private static final double DECIMALS = 1e3;

    private Llama3Fit() {}

    /**
     * @param divisors of each frequency
     * @param originalContext bounds are in proportion to it
     * @return null where no parameters give these divisors; factor 1 where nothing is scaled
     */
    static RopeScaling.@Nullable Llama3 of(float[] divisors, double theta, int originalContext) {
        double factor = 1;
        for (float divisor : divisors) {
            factor = Math.max(factor, divisor);
        }
        var usual = new RopeScaling.Llama3(factor, LOW, HIGH, originalContext);
        if (gives(usual, divisors, theta)) {
            return usual;
        }
        int first = -1;
        int last = -1;
        for (int j = 0; j < divisors.length; j++) {
            if (divisors[j] > 1 + TOLERANCE && divisors[j] < factor * (1 - TOLERANCE)) {
                first = first < 0 ? j : first;
                last = j;
            }
        }
        if (first == last) {
            return null;
        }
        double firstKept = kept(divisors[first], factor);
        double firstTurns = usual.turns(first, 2 * divisors.length, theta);
        double lastTurns = usual.turns(last, 2 * divisors.length, theta);
        double slope = (firstKept - kept(divisors[last], factor)) / (firstTurns - lastTurns);
        double low = firstTurns - firstKept / slope;
        var fitted =
                new RopeScaling.Llama3(
                        factor, rounded(low), rounded(low + 1 / slope), originalContext);
        return gives(fitted, divisors, theta) ? fitted : null;
    }

    private static double kept(double divisor, double factor) {
        return (1 / divisor - 1 / factor) / (1 - 1 / factor);
    }

    private static double rounded(double value) {
        return Math.rint(value * DECIMALS) / DECIMALS;
    }

    private static boolean gives(RopeScaling.Llama3 scaling, float[] divisors, double theta) {
        for (int j = 0; j < divisors.length; j++) {
            double given = scaling.divisor(j, 2 * divisors.length, theta);
            if (!(Math.abs(given - divisors[j]) <= TOLERANCE * given)) {
                return false;
            }
        }
        return true;
    }
}
