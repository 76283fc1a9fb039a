package dev.millrace.stages.ratelimit;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.Stage;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.BitUtil;

/**
 * Tokens that were charged in advance and not used, on their way back to their callers: a bounded
 * queue from one producer (the telemetry thread) to one consumer (the rate-limit thread).
 *
 * <p>The consumer drains it before each request it looks at, so between two drains at most as many
 * settlements arrive as requests are in flight: a capacity of that many is never exceeded.
 */
public final class Settlements {
    /** Takes one settlement. */
    @FunctionalInterface
    interface Sink {
        void settle(long callerId, long tokensBack);
    }

    private final long[] callerIds;
    private final long[] tokens;
    private final int mask;
    private final AtomicLong head = new AtomicLong();
    private final AtomicLong tail = new AtomicLong();

    /** Holds at least {@code capacity} settlements; requests in flight is enough. */
    public Settlements(int capacity) {
        if (capacity < 1 || capacity > 1 << 24) {
            throw new IllegalArgumentException(
                    "settlements: " + capacity + "; expected 1 to " + (1 << 24));
        }
        int size = BitUtil.findNextPositivePowerOfTwo(Math.max(2, capacity));
        callerIds = new long[size];
        tokens = new long[size];
        mask = size - 1;
    }

    /** What an ended request was charged in advance and did not use; 0 or less for nothing. */
    public static long tokensBack(RequestContext context) {
        boolean executed = context.stamps.doneNanos(Stage.QUEUE) != 0;
        long used = executed ? (long) context.promptTokens + context.completionTokens : 0;
        return context.chargedTokens == 0 ? 0 : context.chargedTokens - used;
    }

    /**
     * Gives back {@code charged - real} tokens. Producer's thread only.
     *
     * @param tokensBack 0 or less does nothing
     * @return false where the queue is full: the caller then waits for the refill instead
     */
    public boolean offer(long callerId, long tokensBack) {
        if (tokensBack <= 0) {
            return true;
        }
        long at = tail.getPlain();
        if (at - head.getAcquire() > mask) {
            return false;
        }
        int cell = (int) at & mask;
        callerIds[cell] = callerId;
        tokens[cell] = tokensBack;
        // Release: the cell is written before the consumer can see it.
        tail.setRelease(at + 1);
        return true;
    }

    /** How many were handed over, ever. Consumer's thread only. */
    public long drained() {
        return head.getPlain();
    }

    /** Hands over everything that has arrived. Consumer's thread only. */
    void drain(Sink sink) {
        long at = head.getPlain();
        long end = tail.getAcquire();
        while (at < end) {
            int cell = (int) at & mask;
            sink.settle(callerIds[cell], tokens[cell]);
            // Release: the cell is read before the producer may write it again.
            head.setRelease(++at);
        }
    }
}
