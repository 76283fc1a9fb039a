package dev.millrace.tools.bench;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * Where the answers of a benchmark end: stamps each part of a stream as it is handed over, and
 * drops it.
 *
 * <p>Runs on: the {@code reply} thread. The benchmark's own thread learns of ended streams from
 * {@link #awaitEnd}, and reads a stream's times when it has ended.
 */
final class StreamClock implements ReplySink {
    private final BlockingQueue<Stream> ended = new LinkedBlockingQueue<>();

    /** One request, the exchange of its context. */
    static final class Stream {
        final int number;
        final int answerTokens;
        final boolean intruder;
        private final StreamTimes times;
        private final long sentNanos = System.nanoTime();
        private long lastNanos;
        private int parts;
        private int tokens;
        private String failure = "";

        /**
         * A request about to be sent.
         *
         * @param answerTokens it asks for
         * @param intruder whether it is none of the streams that are measured
         * @param times of all requests of its sort
         */
        Stream(int number, int answerTokens, boolean intruder, StreamTimes times) {
            this.number = number;
            this.answerTokens = answerTokens;
            this.intruder = intruder;
            this.times = times;
        }

        /** Tokens that the lane sampled for it. */
        int tokens() {
            return tokens;
        }

        /** Parts that reached the client; one for each token. */
        int parts() {
            return parts;
        }

        /** What the server said instead of an answer; empty where it answered. */
        String failure() {
            return failure;
        }
    }

    /** A stream that is over; waits for it. */
    Stream awaitEnd(long timeoutNanos) throws InterruptedException {
        Stream stream = ended.poll(timeoutNanos, TimeUnit.NANOSECONDS);
        if (stream == null) {
            throw new IllegalStateException(
                    "no stream ended within "
                            + TimeUnit.NANOSECONDS.toSeconds(timeoutNanos)
                            + " seconds");
        }
        return stream;
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {
        // The first token follows at once, and is what counts.
    }

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {
        long now = System.nanoTime();
        Stream stream = of(context);
        if (stream.parts++ == 0) {
            stream.times.firstTokenNanos().recordValue(now - stream.sentNanos);
        } else {
            stream.times.interTokenNanos().recordValue(now - stream.lastNanos);
        }
        stream.lastNanos = now;
    }

    @Override
    public void endStream(RequestContext context) {
        end(context);
    }

    @Override
    public void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length) {
        end(context);
    }

    @Override
    public void abort(RequestContext context) {
        end(context);
    }

    @Override
    public void flush() {
        // Nothing is kept back.
    }

    private void end(RequestContext context) {
        Stream stream = of(context);
        stream.tokens = context.completionTokens;
        stream.times.addTokens(stream.tokens);
        if (context.status != RequestStatus.OK) {
            stream.failure = context.errorMessage;
        }
        ended.add(stream);
    }

    private static Stream of(RequestContext context) {
        return (Stream) Objects.requireNonNull(context.exchange);
    }
}
