package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.HalfWeights;
import dev.millrace.gpustage.torch.Int8Weights;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.OneDnn;
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
    /**
     * Rows that oneDNN packs for: the order it takes for 16 is as good at 1 and no worse at 512.
     */
    private static final long PACKED_FOR_ROWS = 16;

    private final CheckpointIndex checkpoint;
    private final WeightFormat format;
    private final OneDnn oneDnn;
    private final Int8Weights int8 = new Int8Weights();

    LinearWeights(CheckpointIndex checkpoint, WeightFormat format, OneDnn oneDnn) {
        this.checkpoint = checkpoint;
        this.format = format;
        this.oneDnn = oneDnn;
    }

    /**
     * Sets what {@code linear.ts.py} reads besides the matrices.
     *
     * @throws ModelLoadException if the processor cannot multiply in int8, and is to
     */
    void register(ScriptModule module) {
        module.attribute("weight_format", format.code())
                .attribute("int8", int8.methods())
                .attribute("int8_limit", format == WeightFormat.INT8 ? int8Limit() : 0);
    }

    private long int8Limit() {
        try {
            return int8.inputLimit();
        } catch (RuntimeException e) {
            throw new ModelLoadException(
                    checkpoint.folder()
                            + ": models.dtype int8 needs a processor with AVX2, float32 runs on"
                            + " any: "
                            + ScriptModule.reason(e),
                    e);
        }
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
     *     out of the format's range
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

    private Tensor floats(String name, long... lengths) {
        Tensor tensor = checkpoint.floats(name, lengths);
        if (format == WeightFormat.FLOAT16) {
            checkRange(name, tensor);
        }
        return tensor;
    }

    private Tensor packed(Tensor floats) {
        return switch (format) {
            case FLOAT16 -> HalfWeights.pack(floats);
            case BFLOAT16 -> oneDnn.pack(NativeTensors.toBfloat16(floats), PACKED_FOR_ROWS);
            case FLOAT32 -> oneDnn.pack(floats, PACKED_FOR_ROWS);
            case INT8 -> int8.pack(floats);
        };
    }

    /** Frees what packed the matrices; modules that registered them keep theirs. */
    @Override
    public void close() {
        int8.close();
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
