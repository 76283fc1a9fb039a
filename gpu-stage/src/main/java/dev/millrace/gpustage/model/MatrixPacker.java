package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.HalfWeights;
import dev.millrace.gpustage.torch.Int8Weights;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.OneDnn;
import dev.millrace.gpustage.torch.ScriptModule;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Packs matrices in one format for the operator that multiplies by them, and hands that operator to
 * {@code linear.ts.py}.
 *
 * <p>Runs on the loading thread.
 */
final class MatrixPacker implements AutoCloseable {
    /**
     * Rows of a generation's steps: the order that oneDNN takes for 16 is as good at 1 and no worse
     * at 512.
     */
    static final long STEP_ROWS = 16;

    private final WeightFormat format;
    private final ScriptModule operators;
    private final UnaryOperator<Tensor> packing;

    /**
     * @param usualRows how many rows an input has most often; others are right too
     * @throws RuntimeException if the processor cannot multiply in int8, and is to
     */
    MatrixPacker(WeightFormat format, long usualRows) {
        this.format = format;
        if (format == WeightFormat.INT8) {
            Int8Weights int8 = Int8Weights.forThisProcessor();
            operators = int8.methods();
            packing = int8::pack;
        } else {
            OneDnn oneDnn = new OneDnn();
            operators = oneDnn.methods();
            packing =
                    switch (format) {
                        case FLOAT16 -> HalfWeights::pack;
                        case PLAIN_FLOAT32 -> floats -> floats;
                        case PLAIN_BFLOAT16 -> NativeTensors::toBfloat16;
                        case PLAIN_FLOAT16 -> NativeTensors::toHalf;
                        case BFLOAT16 ->
                                floats -> oneDnn.pack(NativeTensors.toBfloat16(floats), usualRows);
                        default -> floats -> oneDnn.pack(floats, usualRows);
                    };
        }
    }

    /** Sets what {@code linear.ts.py} reads. */
    ScriptModule register(ScriptModule module) {
        return module.attribute("weight_format", format.code()).attribute("packed", operators);
    }

    /** The packed form of float32[out, in], which belongs to the scope that is open. */
    Tensor pack(Tensor floats) {
        return packing.apply(floats);
    }

    /** Frees the operator; modules that registered it keep theirs, and the matrices. */
    @Override
    public void close() {
        operators.close();
    }
}
