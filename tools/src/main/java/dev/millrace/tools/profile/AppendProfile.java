package dev.millrace.tools.profile;

import dev.millrace.tools.load.Percentiles;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What putting records into the journal cost, and waiting for the disk. One thread. */
final class AppendProfile {
    final Histogram writeNanos = Percentiles.histogram();
    final Histogram syncNanos = Percentiles.histogram();
    private long records;
    private long bytes;
    private int failed;

    /** An append. */
    void wrote(long nanos, int records, int bytes, boolean failed) {
        writeNanos.recordValue(Math.max(0, nanos));
        if (failed) {
            this.failed++;
        } else {
            this.records += records;
            this.bytes += bytes;
        }
    }

    /** A wait for the disk. */
    void synced(long nanos, boolean failed) {
        syncNanos.recordValue(Math.max(0, nanos));
        if (failed) {
            this.failed++;
        }
    }

    /** A line each; none where the source says nothing of it. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        long writes = writeNanos.getTotalCount();
        if (writes > 0) {
            lines.add(
                    "journal: %s; %.1f records and %,d bytes each%s"
                            .formatted(
                                    times("writes", writeNanos),
                                    (double) records / writes,
                                    bytes / writes,
                                    failed == 0 ? "" : "; %,d failed".formatted(failed)));
        }
        if (syncNanos.getTotalCount() > 0) {
            lines.add("journal: " + times("syncs", syncNanos));
        }
        return lines;
    }

    private static String times(String what, Histogram nanos) {
        return "%,d %s, p50 %.3f ms, p99 %.3f ms, the longest %.3f ms"
                .formatted(
                        nanos.getTotalCount(),
                        what,
                        nanos.getValueAtPercentile(50) / 1e6,
                        nanos.getValueAtPercentile(99) / 1e6,
                        nanos.getMaxValue() / 1e6);
    }
}
