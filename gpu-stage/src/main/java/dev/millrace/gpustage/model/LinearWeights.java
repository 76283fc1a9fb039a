package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.HalfWeights;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.weights.CheckpointIndex;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;

/**
 * The matrices of linear layers, in the format that {@code linear.ts.py} reads.
 *
 * <p>Runs on the loading thread. Every matrix is packed for the operator that multiplies by it, and
 * whatever it was made of is freed one matrix at a time.
 */
final class LinearWeights implements AutoCloseable {
    private final CheckpointIndex checkpoint;
    private final WeightFormat format;
    private final MatrixPacker packer;

    /**
     * For inputs of a few rows, as generations step.
     *
     * @throws ModelLoadException if the processor cannot compute in that format
     */
    LinearWeights(CheckpointIndex checkpoint, WeightFormat format) {
        this(checkpoint, format, MatrixPacker.STEP_ROWS);
    }

    /**
     * @param usualRows how many rows an input has most often
     * @throws ModelLoadException if the processor cannot compute in that format
     */
    LinearWeights(CheckpointIndex checkpoint, WeightFormat format, long usualRows) {
        this.checkpoint = checkpoint;
        this.format = format;
        this.packer = packer(checkpoint, format, usualRows);
    }

    private static MatrixPacker packer(
            CheckpointIndex checkpoint, WeightFormat format, long usualRows) {
        try {
            return new MatrixPacker(format, usualRows);
        } catch (RuntimeException e) {
            throw unsupported(checkpoint, format, e);
        }
    }

    /** Sets what {@code linear.ts.py} reads besides the matrices. */
    void register(ScriptModule module) {
        packer.register(module);
    }

    /**
     * A tensor of the checkpoint, which is some or all rows of a matrix.
     *
     * @param rotatedHeads width of its heads where {@link RotaryOrder} is to be made of them; 0
     *     leaves the rows as they are
     */
    record Part(String name, long rows, int rotatedHeads) {
        Part(String name, long rows) {
            this(name, rows, 0);
        }
    }

    /**
     * The matrix of all {@code parts}, one below the other. It belongs to the scope that is open.
     *
     * @throws ModelLoadException if a part is missing, of another shape, or holds a value that is
     *     out of the format's range, or if the processor cannot compute in the format
     */
    Tensor matrix(long columns, Part... parts) {
        try (TensorScope scope = TensorScope.open()) {
            Tensor[] tensors = new Tensor[parts.length];
            for (int i = 0; i < parts.length; i++) {
                Part part = parts[i];
                Tensor tensor = floats(part.name, part.rows, columns);
                tensors[i] =
                        part.rotatedHeads == 0 ? tensor : RotaryOrder.of(tensor, part.rotatedHeads);
            }
            return scope.passOn(
                    packed(tensors.length == 1 ? tensors[0] : NativeTensors.stack(tensors)));
        }
    }

    /** The matrix that the checkpoint stores as [in, out]. It belongs to the scope that is open. */
    Tensor transposedMatrix(String name, long in, long out) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.passOn(packed(NativeTensors.transposed(floats(name, in, out))));
        }
    }

    private Tensor packed(Tensor matrix) {
        try {
            return packer.pack(matrix);
        } catch (RuntimeException e) {
            throw unsupported(checkpoint, format, e);
        }
    }

    private static ModelLoadException unsupported(
            CheckpointIndex checkpoint, WeightFormat format, RuntimeException e) {
        return new ModelLoadException(
                checkpoint.folder()
                        + ": this processor cannot compute in models.dtype "
                        + format
                        + "; float32 runs on any: "
                        + ScriptModule.reason(e),
                e);
    }

    private Tensor floats(String name, long... lengths) {
        Tensor tensor = checkpoint.floats(name, lengths);
        if (format.isHalf()) {
            checkRange(name, tensor);
        }
        return tensor;
    }

    /** Frees what packed the matrices; modules that registered them keep theirs. */
    @Override
    public void close() {
        packer.close();
    }

    private void checkRange(String name, Tensor tensor) {
        float largest = HalfWeights.largest(tensor);
        // Written so that a NaN is refused too.
        if (!(largest <= HalfWeights.MAX)) {
            throw new ModelLoadException(
                    String.format(
                            Locale.ROOT,
                            "%s: tensor %s holds a weight of magnitude %s; models.dtype float16"
                                    + " takes up to %.0f, float32 and bfloat16 take any",
                            checkpoint.folder(),
                            name,
                            largest,
                            HalfWeights.MAX));
        }
    }
}
