package dev.millrace.gpustage.declaration;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;

/**
 * One declared input or output.
 *
 * @param name as in requests
 * @param datatype element type
 * @param shape as in requests: with the batch dimension where there is one, -1 for any size
 * @param modelShape as the module takes or gives it; equal to {@code shape} unless the declaration
 *     reshapes
 */
public record DeclaredTensor(
        String name, Datatype datatype, List<Long> shape, List<Long> modelShape) {
    /** How doors and stages see it. */
    public TensorSpec spec() {
        return new TensorSpec(name, datatype, shape);
    }

    @Override
    public String toString() {
        return name + " " + datatype + " " + shape;
    }
}
