package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.Rings;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleSupplier;

/**
 * The registry behind {@code /metrics}: every {@link Counter}, the gauges of rings and buffers, and
 * what telemetry records. Thread-safe.
 *
 * <p>Names with {@code vllm:} mirror vLLM's metrics, so that dashboards and autoscalers made for it
 * work; only those are there whose meaning is the same.
 */
public final class Metrics {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private final Map<String, DurationFamily> families = new ConcurrentHashMap<>();

    public Metrics(Rings rings) {
        bind(rings.counters());
        gauge(
                "millrace_request_ring_free_slots",
                "Request slots that a door can claim",
                () -> rings.requestPublisher().remainingCapacity());
        gauge(
                "millrace_reply_ring_free_slots",
                "Reply slots that a lane can claim",
                () -> rings.replyPublisher().remainingCapacity());
        gauge(
                "millrace_in_flight_requests",
                "Requests between door and last byte",
                () -> rings.inFlight().count());
        gauge(
                "millrace_in_flight_limit",
                "Requests there may be between door and last byte",
                () -> rings.inFlight().capacity());
        gauge(
                "millrace_request_large_buffers_used",
                "Large buffers that hold bodies",
                () -> rings.requestBuffers().inUse());
        gauge(
                "millrace_reply_large_buffers_used",
                "Large buffers that hold answers",
                () -> rings.replyBuffers().inUse());
    }

    private void bind(Counters counters) {
        for (Counter counter : Counter.values()) {
            FunctionCounter.builder(
                            "millrace_" + counter.name().toLowerCase(Locale.ROOT),
                            counters,
                            all -> all.get(counter))
                    .description(counter.help())
                    .register(registry);
        }
    }

    /**
     * A gauge of the server's own.
     *
     * @param value asked at each scrape, on the scraping thread
     */
    public void gauge(String name, String help, DoubleSupplier value) {
        register(name, help, Tags.empty(), value);
    }

    /** What a text model's lane holds, under vLLM's names where vLLM has one. */
    public void generations(String model, GenerationUsage usage) {
        new GenerationMeters(registry, model).bind(usage);
    }

    private void register(String name, String help, Tags tags, DoubleSupplier value) {
        // A strong reference: the supplier is often a lambda that nobody else keeps.
        Gauge.builder(name, value, DoubleSupplier::getAsDouble)
                .description(help)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    /**
     * Histograms of durations from 10 µs to a minute.
     *
     * @param name with its unit, {@code _seconds}
     */
    DurationFamily durations(String name, String help) {
        return families.computeIfAbsent(
                name,
                _ -> {
                    var family = new DurationFamily(name, help);
                    registry.getPrometheusRegistry().register(family);
                    return family;
                });
    }

    /** For meters of other modules. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Everything, in Prometheus' text format (version 0.0.4). */
    public String scrape() {
        return registry.scrape();
    }
}
