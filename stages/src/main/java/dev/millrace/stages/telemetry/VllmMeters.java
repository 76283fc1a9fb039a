package dev.millrace.stages.telemetry;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/**
 * One text model's meters under vLLM's names (vLLM documentation, "Production Metrics"), looked up
 * once. Runs on: the {@code telemetry} thread.
 *
 * <p>As in vLLM only requests that reached the model count, and each prompt of a request with
 * several ends for itself.
 */
final class VllmMeters {
    private final Counter promptTokens;
    private final Counter generationTokens;
    private final Counter stopped;
    private final Counter lengthCapped;
    private final Counter aborted;
    private final Counter failed;
    private final Timer firstToken;
    private final Timer interToken;
    private final Timer request;

    VllmMeters(MeterRegistry registry, String model) {
        Tags tags = tags(model);
        promptTokens =
                counter(registry, "vllm:prompt_tokens", "Number of prefill tokens processed", tags);
        generationTokens =
                counter(registry, "vllm:generation_tokens", "Number of tokens generated", tags);
        stopped = finished(registry, tags, "stop");
        lengthCapped = finished(registry, tags, "length");
        aborted = finished(registry, tags, "abort");
        failed = finished(registry, tags, "error");
        firstToken =
                Buckets.coarse(
                        registry,
                        "vllm:time_to_first_token",
                        "Time to first token",
                        tags,
                        Buckets.VLLM_FIRST_TOKEN);
        interToken =
                Buckets.coarse(
                        registry,
                        "vllm:inter_token_latency",
                        "Time between tokens of a stream",
                        tags,
                        Buckets.VLLM_INTER_TOKEN);
        request =
                Buckets.coarse(
                        registry,
                        "vllm:e2e_request_latency",
                        "From arrival to the last byte",
                        tags,
                        Buckets.VLLM_REQUEST);
    }

    /** vLLM's labels; there is one engine. */
    static Tags tags(String model) {
        return Tags.of("model_name", model, "engine", "0");
    }

    void tokensAfter(long nanos) {
        interToken.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** One run ended with tokens. */
    void runEnded(FinishReason reason) {
        switch (reason) {
            case STOP -> stopped.increment();
            case LENGTH -> lengthCapped.increment();
            case CANCELLED -> aborted.increment();
            case NONE -> {}
        }
    }

    /** A request that a lane took is over. */
    void ended(RequestContext context, boolean failure) {
        if (failure) {
            (context.status == RequestStatus.CANCELLED ? aborted : failed).increment();
        }
        promptTokens.increment(context.promptTokens);
        generationTokens.increment(context.completionTokens);
        long firstTokenNanos = context.stamps.firstTokenNanos();
        if (firstTokenNanos != 0) {
            firstToken.record(
                    firstTokenNanos - context.stamps.arrivalNanos(), TimeUnit.NANOSECONDS);
        }
        request.record(context.stamps.totalNanos(), TimeUnit.NANOSECONDS);
    }

    private static Counter finished(MeterRegistry registry, Tags tags, String reason) {
        return counter(
                registry,
                "vllm:request_success",
                "Requests that ended, by reason",
                tags.and("finished_reason", reason));
    }

    private static Counter counter(MeterRegistry registry, String name, String help, Tags tags) {
        return Counter.builder(name).description(help).tags(tags).register(registry);
    }
}
