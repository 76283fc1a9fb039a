package dev.millrace.stages.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import org.agrona.collections.LongArrayList;

/** Histograms of durations and the upper bounds of their buckets. */
final class Buckets {
    private static final long MICRO = 1_000;
    private static final long SECOND = 1_000_000_000;

    /** vLLM's own bounds for the time to the first token, in seconds. */
    static final double[] VLLM_FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20,
        40, 80, 160, 640, 2560
    };

    /** vLLM's own bounds for the time between tokens, in seconds. */
    static final double[] VLLM_INTER_TOKEN = {
        0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
        80
    };

    /** vLLM's own bounds for a request's life, in seconds. */
    static final double[] VLLM_REQUEST = {
        0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };

    private Buckets() {}

    /** 10 µs to 60 s, six to a decade, in nanoseconds. */
    static long[] fineNanos() {
        double[] steps = {1, 1.5, 2, 3, 5, 7.5};
        var bounds = new LongArrayList();
        for (long decade = 10 * MICRO; decade < 60 * SECOND; decade *= 10) {
            for (double step : steps) {
                long nanos = Math.round(decade * step);
                if (nanos < 60 * SECOND) {
                    bounds.addLong(nanos);
                }
            }
        }
        bounds.addLong(60 * SECOND);
        return bounds.toLongArray();
    }

    /** Bounds as {@link #fineNanos}; Micrometer adds {@code _seconds} to the name. */
    static Timer fine(MeterRegistry registry, String name, String help, Tags tags) {
        Duration[] bounds =
                Arrays.stream(fineNanos()).mapToObj(Duration::ofNanos).toArray(Duration[]::new);
        return timer(registry, name, help, tags, bounds);
    }

    /** Micrometer adds {@code _seconds} to the name. */
    static Timer coarse(
            MeterRegistry registry, String name, String help, Tags tags, double[] seconds) {
        Duration[] bounds =
                Arrays.stream(seconds)
                        .mapToObj(bound -> Duration.ofNanos(Math.round(bound * SECOND)))
                        .toArray(Duration[]::new);
        return timer(registry, name, help, tags, bounds);
    }

    private static Timer timer(
            MeterRegistry registry, String name, String help, Tags tags, Duration[] bounds) {
        return Timer.builder(name)
                .description(help)
                .tags(tags)
                .serviceLevelObjectives(bounds)
                .register(registry);
    }
}
