package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;

/** The meters of one model on one route, looked up once. Runs on: the {@code telemetry} thread. */
final class RequestMeters {
    private final DurationHistogram duration;
    private final DurationHistogram firstToken;
    private final DurationHistogram interToken;
    private final Counter[] byStatus = new Counter[RequestStatus.values().length];
    private final Counter promptTokens;
    private final Counter generationTokens;

    RequestMeters(Metrics metrics, String model, Route route) {
        MeterRegistry registry = metrics.registry();
        Tags tags = Tags.of("model", model, "route", route.path());
        duration =
                metrics.durations(
                                "millrace_request_duration_seconds",
                                "From arrival to the hand-over of the last byte")
                        .with(tags);
        firstToken =
                metrics.durations(
                                "millrace_time_to_first_token_seconds",
                                "From arrival to the first token sampled")
                        .with(tags);
        interToken =
                metrics.durations(
                                "millrace_inter_token_latency_seconds",
                                "Between two hand-overs of tokens to a stream's client")
                        .with(tags);
        for (RequestStatus status : RequestStatus.values()) {
            byStatus[status.ordinal()] =
                    Counter.builder("millrace_requests")
                            .description("Requests that ended, refused ones included")
                            .tags(tags.and("status", status.name().toLowerCase(Locale.ROOT)))
                            .register(registry);
        }
        promptTokens =
                counter(
                        registry,
                        "millrace_prompt_tokens",
                        "Tokens of prompts that a lane took",
                        tags);
        generationTokens =
                counter(registry, "millrace_generation_tokens", "Tokens generated", tags);
    }

    /** Tokens of a stream came {@code nanos} after those before them. */
    void tokensAfter(long nanos) {
        interToken.record(nanos);
    }

    /** The request is over. */
    void ended(RequestContext context) {
        byStatus[context.status.ordinal()].increment();
        duration.record(context.stamps.totalNanos());
        long firstTokenNanos = context.stamps.firstTokenNanos();
        if (firstTokenNanos != 0) {
            firstToken.record(firstTokenNanos - context.stamps.arrivalNanos());
        }
        if (executed(context)) {
            add(promptTokens, context.promptTokens);
            add(generationTokens, context.completionTokens);
        }
    }

    private static void add(Counter counter, int tokens) {
        if (tokens > 0) {
            counter.increment(tokens);
        }
    }

    /** Whether a lane took the request; else its tokens cost nothing. */
    static boolean executed(RequestContext context) {
        return context.stamps.doneNanos(Stage.QUEUE) != 0;
    }

    private static Counter counter(MeterRegistry registry, String name, String help, Tags tags) {
        return Counter.builder(name).description(help).tags(tags).register(registry);
    }
}
