package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.RequestStatus;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Hands out room for converted tensors in a slot's decoded payload, one behind the other; moves
 * what is there to a large buffer when the slot's slice is full. Owned by the decode thread.
 */
final class TensorSpace {
    private static final int ALIGNMENT = 8;

    private final LargeBuffers buffers;
    private PayloadBuffer payload;
    private int used;

    TensorSpace(LargeBuffers buffers) {
        this.buffers = buffers;
        this.payload = new PayloadBuffer(new UnsafeBuffer(new byte[0]));
    }

    void begin(PayloadBuffer decoded) {
        payload = decoded;
        used = 0;
    }

    UnsafeBuffer buffer() {
        return payload.buffer();
    }

    int used() {
        return used;
    }

    /** Takes back everything handed out behind {@code offset}. */
    void rewind(int offset) {
        used = offset;
    }

    /**
     * Room for {@code bytes}.
     *
     * @param field what it is for, in refusals
     * @return its offset, aligned for every datatype
     */
    int allocate(long bytes, String field) {
        int offset = (used + ALIGNMENT - 1) & -ALIGNMENT;
        long end = offset + bytes;
        if (end > payload.buffer().capacity()) {
            grow(end, field);
        }
        used = (int) end;
        return offset;
    }

    private void grow(long bytes, String field) {
        if (bytes > buffers.bufferBytes()) {
            throw new BadRequest(
                    RequestStatus.TOO_LARGE,
                    field
                            + ": the tensors take "
                            + bytes
                            + " bytes; at most "
                            + buffers.bufferBytes()
                            + " are accepted in JSON",
                    field);
        }
        // Only the slice can be too small: a large buffer has bufferBytes.
        UnsafeBuffer slice = payload.buffer();
        if (!payload.reserve((int) bytes, buffers, 1)) {
            throw new BadRequest(
                    RequestStatus.OVERLOADED,
                    field + ": no buffer is free for " + bytes + " bytes; try again later",
                    field);
        }
        payload.buffer().putBytes(0, slice, 0, used);
    }

    /** All tensors are in place. */
    void end() {
        payload.length(used);
    }
}
