package dev.millrace.gpustage.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * Matrices in oneDNN's own order, and the module that multiplies by them, {@code onednn.ts.py}.
 *
 * <p>Runs on the loading thread, inside a {@link TensorScope}. A packed matrix is opaque.
 */
public final class OneDnn implements AutoCloseable {
    private final ScriptModule methods = ScriptModule.methods(OneDnn.class, "onednn.ts.py");

    /** What sources call by the name they register it under. */
    public ScriptModule methods() {
        return methods;
    }

    /**
     * The packed form of a matrix [out, in] of floats or bfloat16.
     *
     * @param rows how many rows an input has most often; others are right too, and slower
     */
    public Tensor pack(Tensor matrix, long rows) {
        TensorScope.checkOpen();
        return methods.call("pack", matrix, rows);
    }

    /** Frees the methods; modules that registered them keep theirs. */
    @Override
    public void close() {
        methods.close();
    }
}
