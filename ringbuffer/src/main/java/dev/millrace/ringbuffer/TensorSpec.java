package dev.millrace.ringbuffer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One input or output of a model, as declared.
 *
 * @param name as in requests and answers
 * @param datatype null where the model takes the request's
 * @param shape with the batch dimension, -1 for any size; empty list where the rank is not declared
 */
public record TensorSpec(String name, @Nullable Datatype datatype, List<Long> shape) {
    public TensorSpec {
        shape = List.copyOf(shape);
    }
}
