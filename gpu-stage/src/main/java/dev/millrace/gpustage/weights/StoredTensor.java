package dev.millrace.gpustage.weights;

import dev.millrace.ringbuffer.Datatype;
import java.util.Arrays;
import java.util.List;

/**
 * Where one tensor lies in a safetensors file.
 *
 * @param name the checkpoint's name for it
 * @param dtype element type
 * @param shape lengths of the dimensions; empty for a scalar
 * @param offsetBytes from the start of the file
 * @param bytes how many
 */
public record StoredTensor(
        String name, Datatype dtype, List<Long> shape, long offsetBytes, long bytes) {
    /** The shape as LibTorch takes it. */
    public long[] shapeArray() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** Whether the shape is exactly {@code expected}. */
    public boolean hasShape(long... expected) {
        return Arrays.equals(shapeArray(), expected);
    }
}
