package dev.millrace.tools.load;

import dev.millrace.config.ConfigException;

/**
 * How fast a schedule is gone through.
 *
 * @param factor distances between requests are divided by it; infinite for as fast as the server
 *     answers
 */
public record Speed(double factor) {
    /** The next request as soon as a connection is free. */
    public static final Speed MAX = new Speed(Double.POSITIVE_INFINITY);

    private static final double SLOWEST = 0.001;
    private static final double FASTEST = 1_000_000;

    /**
     * @throws ConfigException where the text is neither {@code max} nor a usable number
     */
    public static Speed parse(String option, String text) {
        if (text.equals("max")) {
            return MAX;
        }
        double factor;
        try {
            factor = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            factor = Double.NaN;
        }
        if (!(factor >= SLOWEST && factor <= FASTEST)) {
            throw new ConfigException(option, text, "max, or a number from 0.001 to 1000000");
        }
        return new Speed(factor);
    }

    /** Whether there is no schedule. */
    public boolean isMax() {
        return Double.isInfinite(factor);
    }

    /** A recorded distance at this speed, in nanoseconds. */
    public long scaled(long nanos) {
        return Math.round(nanos / factor);
    }

    /** As it is written on the command line. */
    @Override
    public String toString() {
        if (isMax()) {
            return "max";
        }
        return factor == Math.rint(factor) ? Long.toString((long) factor) : Double.toString(factor);
    }
}
