package dev.millrace.tools.bench;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A closed loop of streamed completions, put into the request ring where a door would put them.
 *
 * <p>Runs on the benchmark's thread. Decode, rate limit, batch, lane and reply are the server's
 * own; HTTP and the journal are left out.
 */
final class StreamLoad {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final Rings rings;
    private final ModelEntry model;
    private final int promptTokens;
    private final int answerTokens;
    private final StreamClock clock = new StreamClock();
    private int requests;

    StreamLoad(Rings rings, ModelEntry model, int promptTokens, int answerTokens) {
        this.rings = rings;
        this.model = model;
        this.promptTokens = promptTokens;
        this.answerTokens = answerTokens;
    }

    /** Has {@code streams} streams open at any time until each has had {@code rounds} answers. */
    void drive(int streams, int rounds) throws InterruptedException {
        int left = streams * rounds;
        for (int i = 0; i < streams; i++) {
            send();
        }
        for (int unsent = left - streams; left > 0; left--) {
            check(clock.awaitEnd(PATIENCE_NANOS));
            if (unsent-- > 0) {
                send();
            }
        }
        // Telemetry comes behind reply, and gives the contexts back.
        while (rings.inFlight().count() > 0) {
            Thread.onSpinWait();
        }
    }

    /** Drives the load and measures it. */
    LoadResult measure(int streams, int rounds) throws IOException, InterruptedException {
        clock.reset();
        try (StepRecording recording = new StepRecording()) {
            long generatedBefore = rings.counters().get(Counter.GENERATED_TOKENS);
            long began = System.nanoTime();
            drive(streams, rounds);
            double seconds = (System.nanoTime() - began) / 1e9;
            long generated = rings.counters().get(Counter.GENERATED_TOKENS) - generatedBefore;
            return LoadResult.of(
                    streams,
                    generated,
                    seconds,
                    clock.firstTokenNanos(),
                    clock.interTokenNanos(),
                    recording.stop());
        }
    }

    private void check(StreamClock.Stream stream) {
        if (!stream.failure().isEmpty()) {
            throw new IllegalStateException("request refused: " + stream.failure());
        }
        if (stream.tokens() != answerTokens || stream.parts() != answerTokens) {
            throw new IllegalStateException(
                    "request %d was answered with %d tokens in %d parts; %d of each are expected"
                            .formatted(
                                    stream.number, stream.tokens(), stream.parts(), answerTokens));
        }
    }

    private void send() {
        byte[] body = body(requests);
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = rings.inFlight().claim();
        while (context == null) {
            Thread.onSpinWait();
            context = rings.inFlight().claim();
        }
        context.reset(publisher.nextRequestId(), Route.OPENAI_COMPLETIONS);
        context.sink = clock;
        context.exchange = new StreamClock.Stream(requests++);
        context.stamps.begin(System.nanoTime());
        long sequence = publisher.tryClaim();
        while (sequence == RequestPublisher.FULL) {
            Thread.onSpinWait();
            sequence = publisher.tryClaim();
        }
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.body.buffer().putBytes(0, new UnsafeBuffer(body), 0, body.length);
        slot.body.length(body.length);
        context.stamps.done(Stage.DOOR, System.nanoTime());
        publisher.publish(sequence);
    }

    /** No two prompts begin alike. */
    private byte[] body(int number) {
        return CompletionBody.bytes(
                CompletionBody.greedy(
                        model.name(),
                        model.vocabularySize(),
                        new SplittableRandom(number),
                        promptTokens,
                        answerTokens));
    }

    /** The longest body that a prompt of that many tokens can make. */
    static int maxBodyBytes(int promptTokens, String model) {
        int idBytes = 9;
        return idBytes * promptTokens + 6 * model.length() + 256;
    }
}
