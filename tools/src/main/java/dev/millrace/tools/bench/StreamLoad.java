package dev.millrace.tools.bench;

import dev.millrace.gpustage.LoadedModel;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.tools.load.CompletionBody;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop of streamed completions, put into the request ring where a door would put them.
 *
 * <p>Runs on the benchmark's thread. Decode, rate limit, batch, lane and reply are the server's
 * own; HTTP and the journal are left out.
 */
final class StreamLoad {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int INTRUDER_ANSWER_TOKENS = 1;

    private final Rings rings;
    private final ModelEntry model;
    private final @Nullable GenerationUsage usage;
    private final int promptTokens;
    private final int answerTokens;
    private final StreamClock clock = new StreamClock();
    private int requests;
    private boolean intruding;

    StreamLoad(Rings rings, LoadedModel loaded, int promptTokens, int answerTokens) {
        this.rings = rings;
        this.model = loaded.entry();
        this.usage = loaded.lane().usage();
        this.promptTokens = promptTokens;
        this.answerTokens = answerTokens;
    }

    /**
     * Has {@code streams} streams open at any time until each has had {@code rounds} answers, and
     * waits until nothing runs.
     */
    void drive(int streams, int rounds) throws InterruptedException {
        drive(streams, rounds, new StreamTimes(), 0, new StreamTimes());
        settle();
    }

    /**
     * Drives the load and measures it.
     *
     * @param intruderTokens of the prompts that come meanwhile, each for one token and one after
     *     the other; none where 0
     */
    LoadResult measure(int streams, int rounds, int intruderTokens)
            throws IOException, InterruptedException {
        var times = new StreamTimes();
        var intruderTimes = new StreamTimes();
        try (StepRecording recording = new StepRecording()) {
            long began = System.nanoTime();
            drive(streams, rounds, times, intruderTokens, intruderTimes);
            double seconds = secondsSince(began);
            settle();
            double recordedSeconds = secondsSince(began);
            return LoadResult.of(
                    streams,
                    promptTokens,
                    seconds,
                    recordedSeconds,
                    times,
                    intruderTimes,
                    recording.stop());
        }
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** Returns when the last stream has ended; an intruder may still be on its way. */
    private void drive(
            int streams,
            int rounds,
            StreamTimes times,
            int intruderTokens,
            StreamTimes intruderTimes)
            throws InterruptedException {
        int left = streams * rounds;
        int unsent = left - streams;
        for (int i = 0; i < streams; i++) {
            send(promptTokens, stream(times));
        }
        if (intruderTokens > 0) {
            send(intruderTokens, intruder(intruderTimes));
        }
        while (left > 0) {
            StreamClock.Stream ended = awaitAnswer();
            if (ended.intruder) {
                send(intruderTokens, intruder(intruderTimes));
            } else {
                left--;
                if (unsent-- > 0) {
                    send(promptTokens, stream(times));
                }
            }
        }
        intruding = intruderTokens > 0;
    }

    private void settle() throws InterruptedException {
        if (intruding) {
            awaitAnswer();
            intruding = false;
        }
        // Telemetry comes behind reply, and gives the contexts back.
        while (rings.inFlight().count() > 0) {
            Thread.onSpinWait();
        }
        // A lane publishes its last tokens, then records the step, then says that nothing runs.
        while (usage != null && usage.running() > 0) {
            Thread.onSpinWait();
        }
    }

    private StreamClock.Stream stream(StreamTimes times) {
        return new StreamClock.Stream(requests++, answerTokens, false, times);
    }

    private StreamClock.Stream intruder(StreamTimes times) {
        return new StreamClock.Stream(requests++, INTRUDER_ANSWER_TOKENS, true, times);
    }

    private StreamClock.Stream awaitAnswer() throws InterruptedException {
        StreamClock.Stream stream = clock.awaitEnd(PATIENCE_NANOS);
        if (!stream.failure().isEmpty()) {
            throw new IllegalStateException("request refused: " + stream.failure());
        }
        int expected = stream.answerTokens;
        if (stream.tokens() != expected || stream.parts() != expected) {
            throw new IllegalStateException(
                    "request %d was answered with %d tokens in %d parts; %d of each are expected"
                            .formatted(stream.number, stream.tokens(), stream.parts(), expected));
        }
        return stream;
    }

    private void send(int prompt, StreamClock.Stream stream) {
        byte[] body = body(stream, prompt);
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = rings.inFlight().claim();
        while (context == null) {
            Thread.onSpinWait();
            context = rings.inFlight().claim();
        }
        context.reset(publisher.nextRequestId(), Route.OPENAI_COMPLETIONS);
        context.sink = clock;
        context.exchange = stream;
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
    private byte[] body(StreamClock.Stream stream, int prompt) {
        return CompletionBody.bytes(
                CompletionBody.greedy(
                        model.name(),
                        new SplittableRandom(stream.number)
                                .ints(prompt, 0, model.vocabularySize())
                                .toArray(),
                        stream.answerTokens));
    }

    /** The longest body that a prompt of that many tokens can make. */
    static int maxBodyBytes(int promptTokens, String model) {
        int idBytes = 9;
        return idBytes * promptTokens + 6 * model.length() + 256;
    }
}
