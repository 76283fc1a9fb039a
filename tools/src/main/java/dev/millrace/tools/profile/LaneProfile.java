package dev.millrace.tools.profile;

import dev.millrace.tools.load.Percentiles;
import org.HdrHistogram.Histogram;

/** What one lane executed. One thread. */
final class LaneProfile {
    final String lane;
    final Histogram nanos = Percentiles.histogram();
    private long entries;
    private long tokens;
    private long planNanos;
    private long modelNanos;
    private long sampleNanos;

    LaneProfile(String lane) {
        this.lane = lane;
    }

    void see(StepSample step) {
        nanos.recordValue(Math.max(0, step.nanos()));
        entries += step.entries();
        tokens += step.tokens();
    }

    /** How a step's time divides, where that is known. */
    void divide(long plan, long model, long sample) {
        planNanos += plan;
        modelNanos += model;
        sampleNanos += sample;
    }

    /** One line. */
    String line() {
        long steps = Math.max(1, nanos.getTotalCount());
        String parts =
                modelNanos == 0
                        ? ""
                        : "; plan %.1f%%, model %.1f%%, sampling %.1f%%"
                                .formatted(
                                        percent(planNanos),
                                        percent(modelNanos),
                                        percent(sampleNanos));
        return "lane %s: %,d steps, p50 %.2f ms, p99 %.2f ms, %.1f entries and %.1f tokens each%s"
                .formatted(
                        lane,
                        nanos.getTotalCount(),
                        nanos.getValueAtPercentile(50) / 1e6,
                        nanos.getValueAtPercentile(99) / 1e6,
                        (double) entries / steps,
                        (double) tokens / steps,
                        parts);
    }

    private double percent(long part) {
        long all = planNanos + modelNanos + sampleNanos;
        return all == 0 ? 0 : 100.0 * part / all;
    }
}
