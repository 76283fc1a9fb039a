package dev.millrace.tools.replay;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Of latencies, by nearest rank, in nanoseconds. */
record Percentiles(long p50, long p90, long p99) {
    /** Null where there are none. */
    static @Nullable Percentiles of(LongStream nanos) {
        long[] sorted = nanos.filter(value -> value >= 0).sorted().toArray();
        return sorted.length == 0
                ? null
                : new Percentiles(rank(sorted, 50), rank(sorted, 90), rank(sorted, 99));
    }

    private static long rank(long[] sorted, int percent) {
        int rank = (int) Math.ceil(sorted.length * percent / 100.0);
        return sorted[Math.max(1, rank) - 1];
    }

    /** As a list, the smallest first. */
    long[] all() {
        return new long[] {p50, p90, p99};
    }

    @Override
    public String toString() {
        return Arrays.toString(all());
    }
}
