package dev.millrace.ringbuffer;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import java.util.function.BooleanSupplier;

/**
 * A lane's view of the request ring. Used by the lane's thread only, but for {@link #stop(long)}.
 *
 * <p>The lane sees every slot in order, takes the admitted ones addressed to it and passes the
 * rest. It gates the ring: a slot is reused only after every lane has passed it.
 */
public final class LaneFeed {
    /** What a lane does with a slot. */
    @FunctionalInterface
    public interface Intake {
        /**
         * An admitted request for this lane. Copy what is needed; then the feed releases the slot's
         * payloads.
         *
         * @return false to leave it in the ring: there is no room
         */
        boolean take(RequestSlot slot);
    }

    private static final long NEVER = Long.MAX_VALUE;
    private static final long ABANDONED = Long.MIN_VALUE;

    /** A parked lane may stand this part of the ring behind before it is woken to pass slots. */
    private static final int LAG_PART = 8;

    private final RingBuffer<RequestSlot> ring;
    private final Sequence batched;
    private final Sequence position = new Sequence();
    private final Sequence addressed = new Sequence();
    private final Waiter waiter;
    private final int lane;
    private final Partners partners;
    private final BooleanSupplier ready = this::ready;
    private long joinedAfter = NEVER;
    private volatile long stopAfter = NEVER;

    LaneFeed(
            RingBuffer<RequestSlot> ring,
            Sequence batched,
            Waiter waiter,
            int lane,
            Partners partners) {
        this.ring = ring;
        this.batched = batched;
        this.waiter = waiter;
        this.lane = lane;
        this.partners = partners;
    }

    /** Before the lane's thread starts: begins to gate the ring. */
    void join() {
        // Sets the position to the cursor and gates the ring in one step.
        ring.addGatingSequences(position);
        joinedAfter = position.get();
    }

    /** Whether the lane sees the slot at {@code sequence}: it joined before that was claimed. */
    boolean sees(long sequence) {
        return sequence > joinedAfter;
    }

    /**
     * Hands every admitted request for this lane to {@code intake}, until the ring has no more or
     * intake has no room.
     *
     * @return requests taken
     */
    public int poll(Intake intake) {
        int taken = 0;
        long next = position.get() + 1;
        long available = batched.get();
        while (next <= available && next <= stopAfter) {
            RequestSlot slot = ring.get(next);
            if (slot.lane == lane && slot.admitted()) {
                if (!intake.take(slot) || stopAfter == ABANDONED) {
                    break;
                }
                slot.body.release();
                slot.decoded.release();
                taken++;
            }
            position.set(next++);
        }
        if (taken > 0) {
            waiter.worked();
        }
        return taken;
    }

    /**
     * Waits one turn for more slots, at most {@code timeoutNanos}. May return early: poll again.
     */
    public void idle(long timeoutNanos) {
        waiter.idle(ready, timeoutNanos);
    }

    /** The batch stage's thread: that slot, which it has not let go yet, is for this lane. */
    void address(long sequence) {
        addressed.set(sequence);
    }

    /**
     * Whether there is something to wake up for. Slots for others are passed when one comes for
     * this lane, or when there are many: the ring must not wait for a lane that has nothing to do.
     */
    boolean ready() {
        long from = position.get();
        long behind = batched.get() - from;
        return stopping()
                || (behind > 0
                        && (addressed.get() > from
                                || behind >= ring.getBufferSize() / LAG_PART
                                || stopAfter != NEVER));
    }

    /**
     * Whether the lane is to end what runs and return. Turns true only when the lane has passed
     * everything that was published before it was asked to leave.
     */
    public boolean stopping() {
        return position.get() >= stopAfter;
    }

    /** The threads that compute beside the lane's own. */
    public Partners partners() {
        return partners;
    }

    /** Any thread: asks the lane to return once it has passed the slot at {@code sequence}. */
    void stop(long sequence) {
        stopAfter = sequence;
        waiter.wakeIfParked();
    }

    /** The lane did not return, and no longer gates the ring: it must not look at slots again. */
    void abandon() {
        stopAfter = ABANDONED;
    }

    Sequence position() {
        return position;
    }

    Waiter waiter() {
        return waiter;
    }
}
