package dev.millrace.gpustage.model;

import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.HalfWeights;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/**
 * The matrices of linear layers, in the format that the source's {@code linear} reads.
 *
 * <p>Runs on the loading thread. With {@link Dtype#FLOAT32} a matrix of one part is a view of the
 * mapped file and one of several parts a copy; with {@link Dtype#FLOAT16} all are packed halves,
 * and whatever they were made of is freed one matrix at a time.
 */
final class LinearWeights {
    private final CheckpointIndex checkpoint;
    private final Dtype dtype;

    LinearWeights(CheckpointIndex checkpoint, Dtype dtype) {
        this.checkpoint = checkpoint;
        this.dtype = dtype;
    }

    /** A tensor of the checkpoint, which is some or all rows of a matrix. */
    record Part(String name, long rows) {}

    /**
     * The matrix of all {@code parts}, one below the other. It belongs to the scope that is open.
     *
     * @throws ModelLoadException if a part is missing, of another shape, or holds a value that is
     *     out of the format's range
     */
    Tensor matrix(long columns, Part... parts) {
        if (dtype == Dtype.FLOAT32) {
            return floats(columns, parts);
        }
        try (TensorScope scope = TensorScope.open()) {
            return scope.passOn(HalfWeights.pack(floats(columns, parts)));
        }
    }

    private Tensor floats(long columns, Part... parts) {
        Tensor[] tensors = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) {
            tensors[i] = checkpoint.floats(parts[i].name, parts[i].rows, columns);
            if (dtype == Dtype.FLOAT16) {
                checkRange(parts[i].name, tensors[i]);
            }
        }
        return tensors.length == 1 ? tensors[0] : NativeTensors.stack(tensors);
    }

    private void checkRange(String name, Tensor tensor) {
        float largest = HalfWeights.largest(tensor);
        // Written so that a NaN is refused too.
        if (!(largest <= HalfWeights.MAX)) {
            throw new ModelLoadException(
                    String.format(
                            Locale.ROOT,
                            "%s: tensor %s holds a weight of magnitude %s; models.dtype float16"
                                    + " takes up to %.0f, float32 takes any",
                            checkpoint.folder(),
                            name,
                            largest,
                            HalfWeights.MAX));
        }
    }
}
