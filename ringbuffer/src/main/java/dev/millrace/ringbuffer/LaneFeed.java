package dev.millrace.ringbuffer;

import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import java.util.function.BooleanSupplier;

/**
 * A lane's view of the request ring. Used by the lane's thread only, but for {@link #stop()}.
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

    private final RingBuffer<RequestSlot> ring;
    private final Sequence batched;
    private final Sequence position = new Sequence();
    private final Waiter waiter;
    private final int lane;
    private final BooleanSupplier ready = this::ready;
    private volatile boolean stopping;

    LaneFeed(RingBuffer<RequestSlot> ring, Sequence batched, Waiter waiter, int lane) {
        this.ring = ring;
        this.batched = batched;
        this.waiter = waiter;
        this.lane = lane;
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
        while (next <= available) {
            RequestSlot slot = ring.get(next);
            if (slot.lane == lane && slot.admitted()) {
                if (!intake.take(slot)) {
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

    private boolean ready() {
        return stopping || batched.get() > position.get();
    }

    /** Whether the lane is to end what runs and return. */
    public boolean stopping() {
        return stopping;
    }

    /** Any thread: asks the lane to return. */
    void stop() {
        stopping = true;
        waiter.wakeIfParked();
    }

    Sequence position() {
        return position;
    }

    Waiter waiter() {
        return waiter;
    }
}
