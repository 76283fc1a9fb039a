package dev.millrace.ringbuffer;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The only way into the request ring: claim, fill, publish. Thread-safe; never waits.
 *
 * <p>Claim only when everything that goes into the slot is at hand: a claimed slot that is not
 * published stops the ring.
 */
public final class RequestPublisher {
    /** Holders of a body: the journal, and the decode chain or the lane. */
    public static final int BODY_HOLDERS = 2;

    /** No slot is free. */
    public static final long FULL = -1;

    private final RingBuffer<RequestSlot> ring;
    private final Counters counters;
    private final AtomicLong nextRequestId;

    RequestPublisher(RingBuffer<RequestSlot> ring, Counters counters, long firstRequestId) {
        this.ring = ring;
        this.counters = counters;
        this.nextRequestId = new AtomicLong(firstRequestId);
    }

    /**
     * The first id of a server that starts at that wall time: runs that share a journal share no
     * id, as long as none gets a million requests a millisecond for as long as it runs.
     */
    public static long firstId(long epochMillis) {
        return epochMillis << 20;
    }

    /** An id no other request of this server has. */
    public long nextRequestId() {
        return nextRequestId.getAndIncrement();
    }

    /** A claimed sequence that must be published soon, whatever happens, or {@link #FULL}. */
    public long tryClaim() {
        try {
            return ring.tryNext();
        } catch (InsufficientCapacityException full) {
            // Disruptor's singleton without a stack trace.
            return FULL;
        }
    }

    /** The slot of a claimed sequence; {@link RequestSlot#reset} it first. */
    public RequestSlot slot(long sequence) {
        return ring.get(sequence);
    }

    public void publish(long sequence) {
        ring.publish(sequence);
        counters.increment(Counter.REQUESTS_PUBLISHED);
    }

    /**
     * The client of a published request went away: marks its context, so that its lane drops it
     * before the next step, and puts the fact on the ring, which records it and wakes the lane.
     *
     * @return false where the ring was full: the cancel acts all the same, but is not on record
     */
    public boolean cancel(RequestContext context, long requestId) {
        context.cancel(requestId);
        long sequence = tryClaim();
        if (sequence == FULL) {
            counters.increment(Counter.CANCELS_NOT_RECORDED);
            return false;
        }
        RequestSlot slot = ring.get(sequence);
        slot.reset(RequestSlot.Kind.CANCEL, context);
        // The context may serve another request by the time this is read: the id names the one
        // meant.
        slot.requestId = requestId;
        ring.publish(sequence);
        counters.increment(Counter.CANCELS_PUBLISHED);
        return true;
    }

    /** Free slots, for gauges. */
    public long remainingCapacity() {
        return ring.remainingCapacity();
    }
}
