package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The rows of logits that a step gave.
 *
 * <p>Made by the thread that computed them, read and closed by the lane's.
 */
public final class StepLogits implements AutoCloseable {
    /** Of a step in which no token asked for them. */
    static final StepLogits NONE = new StepLogits();

    private final @Nullable Tensor tensor;
    private final MemorySegment rows;

    private StepLogits() {
        tensor = null;
        rows = MemorySegment.NULL;
    }

    /** Takes {@code logits}, which are dense, out of {@code scope}. */
    StepLogits(TensorScope scope, Tensor logits) {
        rows = NativeTensors.memory(logits);
        // What a module gives is a view into the value that holds it, which goes with the scope.
        tensor = scope.keep(new Tensor(logits));
    }

    /** float32[rows, vocabulary], valid until this is closed. */
    public MemorySegment rows() {
        return rows;
    }

    /** Frees them. */
    @Override
    public void close() {
        if (tensor != null) {
            TensorScope.free(tensor);
        }
    }
}
