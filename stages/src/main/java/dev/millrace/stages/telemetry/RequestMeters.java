package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The meters of one model on one route, looked up once. Runs on: the {@code telemetry} thread. */
final class RequestMeters {
    private final Timer duration;
    private final Timer firstToken;
    private final Timer interToken;
    private final Counter[] byStatus = new Counter[RequestStatus.values().length];
    private final Counter promptTokens;
    private final Counter generationTokens;

    RequestMeters(MeterRegistry registry, String model, Route route) {
        Tags tags = Tags.of("model", model, "route", route.path());
        duration =
                Buckets.fine(
                        registry,
                        "millrace_request_duration",
                        "From arrival to the hand-over of the last byte",
                        tags);
        firstToken =
                Buckets.fine(
                        registry,
                        "millrace_time_to_first_token",
                        "From arrival to the first token sampled",
                        tags);
        interToken =
                Buckets.fine(
                        registry,
                        "millrace_inter_token_latency",
                        "Between two hand-overs of tokens to a stream's client",
                        tags);
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
        interToken.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** The request is over. */
    void ended(RequestContext context) {
        byStatus[context.status.ordinal()].increment();
        duration.record(context.stamps.totalNanos(), TimeUnit.NANOSECONDS);
        long firstTokenNanos = context.stamps.firstTokenNanos();
        if (firstTokenNanos != 0) {
            firstToken.record(
                    firstTokenNanos - context.stamps.arrivalNanos(), TimeUnit.NANOSECONDS);
        }
        if (executed(context)) {
            promptTokens.increment(context.promptTokens);
            generationTokens.increment(context.completionTokens);
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
