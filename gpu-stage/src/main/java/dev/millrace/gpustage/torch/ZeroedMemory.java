package dev.millrace.gpustage.torch;

import dev.millrace.ringbuffer.Datatype;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Native memory of zeros that becomes resident only where it is touched.
 *
 * <p>For caches, which are as large as the configuration allows and of which most is rarely used.
 */
public final class ZeroedMemory implements AutoCloseable {
    private final Pointer memory;
    private final long bytes;

    /**
     * @throws OutOfMemoryError if the system has no room for so many bytes
     */
    public ZeroedMemory(long bytes) {
        Pointer allocated = Pointer.calloc(1, bytes);
        if (allocated == null) {
            throw new OutOfMemoryError("no room for " + bytes + " bytes");
        }
        this.memory = allocated;
        this.bytes = bytes;
    }

    /** A tensor over all of it, which must not outlive it. */
    public Tensor tensor(Datatype dtype, long... shape) {
        if (NativeTensors.elements(shape) * dtype.bytes() != bytes) {
            throw new IllegalArgumentException("the shape does not have " + bytes + " bytes");
        }
        return NativeTensors.over(memory.address(), dtype, shape);
    }

    @Override
    public void close() {
        Pointer.free(memory);
    }
}
