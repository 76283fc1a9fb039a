package dev.millrace.gpustage.torch;

import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Native memory of zeros that becomes resident only where it is touched.
 *
 * <p>For caches, which are as large as the configuration allows and of which most is rarely used.
 */
public final class ZeroedMemory implements AutoCloseable {
    /** A vector that reaches from one line of the caches into the next takes two loads. */
    private static final long LINE_BYTES = 64;

    private final Pointer memory;
    private final long address;
    private final long bytes;

    /**
     * @throws OutOfMemoryError if the system has no room for so many bytes
     */
    public ZeroedMemory(long bytes) {
        Pointer allocated = Pointer.calloc(1, Math.addExact(bytes, LINE_BYTES - 1));
        if (allocated == null) {
            throw new OutOfMemoryError("no room for " + bytes + " bytes");
        }
        this.memory = allocated;
        this.address = (allocated.address() + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
        this.bytes = bytes;
    }

    /** A tensor over all of it, which must not outlive it. */
    public Tensor tensor(Datatype dtype, long... shape) {
        if (NativeTensors.elements(shape) * dtype.bytes() != bytes) {
            throw new IllegalArgumentException("the shape does not have " + bytes + " bytes");
        }
        return NativeTensors.over(address, dtype, shape);
    }

    /** All of it, which must not outlive it. */
    @SuppressWarnings("restricted") // the size is its own
    public MemorySegment segment() {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    @Override
    public void close() {
        Pointer.free(memory);
    }
}
