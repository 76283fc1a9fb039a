package dev.millrace.tools.load;

import java.util.SplittableRandom;

/** The distances between requests. Used by one thread, from the first request on. */
@FunctionalInterface
public interface Arrivals {
    /** When the next request is due, in nanoseconds behind the one before. */
    long gapNanos();

    /** All the same, without drift. */
    static Arrivals constant(double perSecond) {
        return new Arrivals() {
            private long number;

            @Override
            public long gapNanos() {
                long before = due(number++);
                return due(number) - before;
            }

            private long due(long request) {
                return Math.round(request * (1e9 / perSecond));
            }
        };
    }

    /** Those of a Poisson process: independent callers, none of whom knows of the others. */
    static Arrivals poisson(double perSecond, long seed) {
        var random = new SplittableRandom(seed);
        return () -> Math.round(-Math.log1p(-random.nextDouble()) * (1e9 / perSecond));
    }

    /**
     * Those of a record, stretched to another mean, and from its beginning again where it ends.
     *
     * @param gaps in nanoseconds, not all 0
     */
    static Arrivals recorded(long[] gaps, double perSecond) {
        double sum = 0;
        for (long gap : gaps) {
            sum += gap;
        }
        double stretched = 1e9 / perSecond * gaps.length / sum;
        return new Arrivals() {
            private int next;

            @Override
            public long gapNanos() {
                long gap = Math.round(gaps[next] * stretched);
                next = (next + 1) % gaps.length;
                return gap;
            }
        };
    }
}
