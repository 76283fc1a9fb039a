package dev.millrace.tools.load;

import org.HdrHistogram.Histogram;

/**
 * Of a latency, in milliseconds; all 0 where nothing was measured.
 *
 * @param p50 the median
 * @param p999 exceeded by one in a thousand
 */
public record Spread(double p50, double p90, double p99, double p999, double max) {
    public static Spread of(Histogram nanos) {
        return new Spread(
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(90) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6,
                nanos.getValueAtPercentile(99.9) / 1e6,
                nanos.getMaxValue() / 1e6);
    }

    /** The value at one of 50, 90, 99, 99.9 and 100. */
    public double at(double percentile) {
        if (percentile == 50) {
            return p50;
        }
        if (percentile == 90) {
            return p90;
        }
        if (percentile == 99) {
            return p99;
        }
        return percentile == 99.9 ? p999 : max;
    }
}
