package dev.millrace.ringbuffer;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The only way into the reply ring: open, fill, publish. Used by lanes and by batch for refusals;
 * each publisher fills one slot at a time.
 *
 * <p>Waits where the ring is full. That cannot deadlock: the reply ring's stages never wait for a
 * request or a lane, and where one thread runs all stages it takes their turn instead of waiting.
 */
public final class ReplyPublisher {
    private static final long RETRY_NANOS = 20_000;

    private final RingBuffer<ReplySlot> ring;
    private final LargeBuffers large;
    private final Counters counters;
    private final int sliceBytes;

    /** Does what would be waited for, where this thread is to do it; says whether it did. */
    private volatile BooleanSupplier makeRoom = () -> false;

    ReplyPublisher(RingBuffer<ReplySlot> ring, LargeBuffers large, Counters counters) {
        this.ring = ring;
        this.large = large;
        this.counters = counters;
        this.sliceBytes = ring.get(0).payload.sliceCapacity();
    }

    /**
     * The largest payload a reply can carry; a larger answer must be refused by whoever makes it.
     */
    public int maxPayloadBytes() {
        return large.bufferBytes();
    }

    /**
     * Claims a slot with room for a payload. The large buffer, where one is needed, is taken first:
     * waiting for one with a claimed slot in hand would stop the ring that frees them.
     *
     * @return the sequence, to be filled through {@link #slot} and published at once
     */
    public long open(ReplySlot.Kind kind, RequestContext context, int payloadBytes) {
        LargeBuffers.Lease lease = payloadBytes > sliceBytes ? lease(payloadBytes) : null;
        long sequence = claim();
        ReplySlot slot = ring.get(sequence);
        slot.reset(kind, context);
        if (lease != null) {
            slot.payload.attach(lease, 1);
        }
        slot.payload.length(payloadBytes);
        return sequence;
    }

    private long claim() {
        while (true) {
            try {
                return ring.tryNext();
            } catch (InsufficientCapacityException full) {
                // Disruptor's singleton without a stack trace.
                await();
            }
        }
    }

    private void await() {
        if (!makeRoom.getAsBoolean()) {
            LockSupport.parkNanos(RETRY_NANOS);
        }
    }

    /** Control path: what to do before waiting, on the thread that others wait for. */
    void makeRoomBy(BooleanSupplier turn) {
        makeRoom = turn;
    }

    private LargeBuffers.Lease lease(int bytes) {
        LargeBuffers.Lease lease = large.claim(bytes);
        while (lease == null) {
            if (bytes > large.bufferBytes()) {
                throw new IllegalArgumentException(
                        "reply of " + bytes + " bytes; at most " + large.bufferBytes());
            }
            await();
            lease = large.claim(bytes);
        }
        return lease;
    }

    /** The slot of an opened sequence. */
    public ReplySlot slot(long sequence) {
        return ring.get(sequence);
    }

    public void publish(long sequence) {
        ring.publish(sequence);
        counters.increment(Counter.REPLIES_PUBLISHED);
    }

    /** The request's last word, with the status its context carries. */
    public void failure(RequestContext context) {
        long sequence = open(ReplySlot.Kind.FAILURE, context, 0);
        slot(sequence).last = true;
        publish(sequence);
    }

    /** Free slots, for gauges. */
    public long remainingCapacity() {
        return ring.remainingCapacity();
    }
}
