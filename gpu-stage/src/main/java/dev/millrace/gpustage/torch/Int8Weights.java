package dev.millrace.gpustage.torch;

import dev.millrace.ringbuffer.Datatype;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Matrices of 8-bit integers in fbgemm's own order, and the module that holds them and multiplies
 * by them, {@code int8.ts.py}.
 *
 * <p>Runs on the loading thread, inside a {@link TensorScope}.
 */
public final class Int8Weights implements AutoCloseable {
    /** The largest integer of 8 bits. */
    static final int WIDE = 127;

    /** Two products of 7 bits by 8 fit the 16 bits in which AVX2 adds them. */
    private static final int NARROW = 63;

    private static final long PROBE = 64;

    private final ScriptModule methods;
    private final int inputLimit;

    /** Weights for inputs that are rounded to integers of at most {@code inputLimit}. */
    Int8Weights(int inputLimit) {
        this.inputLimit = inputLimit;
        methods =
                ScriptModule.methodsWithState(
                        Int8Weights.class, "int8.ts.py", "weights", "limit", inputLimit);
    }

    /**
     * Inputs are rounded to {@link #WIDE} where the processor multiplies bytes into 32 bits (VNNI),
     * to 63 where it goes by way of 16 that saturate.
     *
     * @throws RuntimeException if fbgemm lacks kernels for this processor
     */
    public static Int8Weights forThisProcessor() {
        Int8Weights wide = new Int8Weights(WIDE);
        try {
            if (wide.sumsAreExact()) {
                return wide;
            }
        } catch (RuntimeException e) {
            wide.close();
            throw e;
        }
        wide.close();
        return new Int8Weights(NARROW);
    }

    private boolean sumsAreExact() {
        try (TensorScope _ = TensorScope.open()) {
            Tensor ones = NativeTensors.zeros(Datatype.FP32, PROBE, PROBE).add_(new Scalar(1));
            float sum = methods.call("probe", ones, 0).min().item_float();
            // A saturated sum is about half.
            return sum > 0.9 * PROBE;
        }
    }

    /** The largest integer that an input is rounded to. */
    int inputLimit() {
        return inputLimit;
    }

    /** What sources call by the name they register it under. */
    public ScriptModule methods() {
        return methods;
    }

    /**
     * Packs a matrix [out, in] of floats, which lives as long as the methods do.
     *
     * @return the number by which {@code linear} knows it, int64[]
     */
    public Tensor pack(Tensor floats) {
        TensorScope.checkOpen();
        return methods.call("pack", floats, 0);
    }

    /** Frees the methods; modules that registered them keep theirs, and the matrices. */
    @Override
    public void close() {
        methods.close();
    }
}
