package dev.millrace.stages.telemetry;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations counted in buckets. One thread records, without a locked instruction; any may read.
 *
 * <p>A snapshot's count is that of its buckets; its sum may be one record older.
 */
final class DurationHistogram {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long[] BOUNDS = Buckets.fineNanos();
    private static final double[] SECONDS = seconds();

    /** By the number of leading zeros of a duration: the first bucket that it may belong to. */
    private static final int[] FIRST = first();

    private final Labels labels;
    private final AtomicLongArray counts = new AtomicLongArray(BOUNDS.length + 1);
    private final AtomicLong sumNanos = new AtomicLong();

    DurationHistogram(Labels labels) {
        this.labels = labels;
    }

    private static double[] seconds() {
        double[] seconds = new double[BOUNDS.length + 1];
        for (int i = 0; i < BOUNDS.length; i++) {
            seconds[i] = BOUNDS[i] / NANOS_PER_SECOND;
        }
        seconds[BOUNDS.length] = Double.POSITIVE_INFINITY;
        return seconds;
    }

    private static int[] first() {
        int[] first = new int[Long.SIZE + 1];
        for (int zeros = 0; zeros <= Long.SIZE; zeros++) {
            // The smallest duration with so many.
            long least = zeros == Long.SIZE || zeros == 0 ? 0 : 1L << (Long.SIZE - 1 - zeros);
            while (first[zeros] < BOUNDS.length && BOUNDS[first[zeros]] < least) {
                first[zeros]++;
            }
        }
        return first;
    }

    /** The recording thread: a duration below 0 counts as 0. */
    void record(long durationNanos) {
        long nanos = Math.max(0, durationNanos);
        int bucket = FIRST[Long.numberOfLeadingZeros(nanos)];
        while (bucket < BOUNDS.length && nanos > BOUNDS[bucket]) {
            bucket++;
        }
        counts.setRelease(bucket, counts.getPlain(bucket) + 1);
        sumNanos.setRelease(sumNanos.getPlain() + nanos);
    }

    HistogramDataPointSnapshot snapshot() {
        double sum = sumNanos.getAcquire() / NANOS_PER_SECOND;
        Number[] inBuckets = new Number[SECONDS.length];
        for (int i = 0; i < inBuckets.length; i++) {
            inBuckets[i] = counts.getAcquire(i);
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(ClassicHistogramBuckets.of(SECONDS, inBuckets))
                .sum(sum)
                .build();
    }
}
