package dev.millrace.ringbuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A slot's bytes: a fixed off-heap slice, or for what does not fit one {@link LargeBuffers} entry.
 *
 * <p>Single owner at a time: the publisher fills it, ring barriers hand it on. Large entries are
 * counted: each of the {@code holders} named when it was attached calls {@link #release()} once,
 * and the last returns it to the pool. On a slice {@code release} does nothing, so callers need not
 * ask.
 */
public final class PayloadBuffer {
    private final UnsafeBuffer slice;
    private UnsafeBuffer current;
    private int length;
    private LargeBuffers.@Nullable Lease lease;

    /** Wraps the slice that belongs to one slot for good. */
    public PayloadBuffer(UnsafeBuffer slice) {
        this.slice = slice;
        this.current = slice;
    }

    /** Empty again, on the slice. Called by the publisher on a claimed slot. */
    public void reset() {
        current = slice;
        length = 0;
        lease = null;
    }

    /** Bytes that fit without a large buffer. */
    public int sliceCapacity() {
        return slice.capacity();
    }

    /**
     * Where the bytes are: offsets from 0 to {@link #length()}. Valid until the slot is passed on
     * or released.
     */
    public UnsafeBuffer buffer() {
        return current;
    }

    public int length() {
        return length;
    }

    public void length(int bytes) {
        this.length = bytes;
    }

    /**
     * Makes room for {@code bytes}, on the slice if they fit, else in a large buffer. One that an
     * earlier call took is given back first.
     *
     * @param holders how many times {@link #release()} will be called
     * @return false where neither has room or none is free; the payload is then empty
     */
    public boolean reserve(int bytes, LargeBuffers pool, int holders) {
        if (lease != null) {
            lease.hold(1);
            lease.release();
        }
        reset();
        if (bytes <= slice.capacity()) {
            return true;
        }
        LargeBuffers.Lease free = pool.claim(bytes);
        if (free == null) {
            return false;
        }
        attach(free, holders);
        return true;
    }

    /** Takes over a large buffer that the caller filled, without copying it. */
    public void attach(LargeBuffers.Lease filled, int holders) {
        filled.hold(holders);
        lease = filled;
        current = filled.buffer();
    }

    /**
     * One holder is done. Any thread; the payload must not be touched by that holder afterwards.
     */
    public void release() {
        LargeBuffers.Lease held = lease;
        if (held != null) {
            held.release();
        }
    }
}
