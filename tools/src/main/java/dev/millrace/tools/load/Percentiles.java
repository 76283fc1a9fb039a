package dev.millrace.tools.load;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Of a latency, in milliseconds; all 0 where nothing was measured.
 *
 * @param p50 the median
 * @param p90 exceeded by one in ten
 * @param p99 exceeded by one in a hundred
 */
public record Percentiles(double p50, double p90, double p99) {
    public static Percentiles of(Histogram nanos) {
        return new Percentiles(
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(90) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6);
    }

    /** Takes nanoseconds, to three digits. Owned by one thread at a time. */
    public static Histogram histogram() {
        Histogram histogram = new Histogram(TimeUnit.MINUTES.toNanos(10), 3);
        histogram.setAutoResize(true);
        return histogram;
    }
}
