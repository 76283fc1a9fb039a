package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where answers end: counts them, and records how long each took. Runs on: the reply thread, but
 * for {@link #sent} and what begins and ends a measurement.
 */
final class AnswerClock implements ReplySink {
    private static final int OK = 200;

    /** By context: when its request was sent. Ordered by the rings. */
    private final long[] sentNanos;

    private final AtomicLong answered = new AtomicLong();
    private volatile @Nullable Histogram into;
    private volatile String failure = "";

    /**
     * @param inFlight contexts there are
     */
    AnswerClock(int inFlight) {
        sentNanos = new long[inFlight];
    }

    /** The load's thread: a request is about to be published. */
    void sent(int context, long nanos) {
        sentNanos[context] = nanos;
    }

    /** Answers so far. Any thread. */
    long answered() {
        return answered.get();
    }

    /** Latencies go there from here on; nowhere where null. */
    void recordInto(@Nullable Histogram nanos) {
        into = nanos;
    }

    /** What one request got instead of an answer; empty where all were answered. */
    String failure() {
        return failure;
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
        if (status != OK) {
            failure = "status " + status + ": " + context.errorMessage;
        }
        Histogram recording = into;
        if (recording != null) {
            recording.recordValue(System.nanoTime() - sentNanos[context.index]);
        }
        answered.setRelease(answered.getPlain() + 1);
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {}

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {}

    @Override
    public void endStream(RequestContext context) {}

    @Override
    public void abort(RequestContext context) {
        failure = "aborted: " + context.errorMessage;
    }

    @Override
    public void flush() {}
}
