package dev.millrace.gpustage.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Matrices as halves, in the order in which fbgemm reads them.
 *
 * <p>Runs on the loading thread, inside a {@link TensorScope}. A packed matrix is opaque: only
 * {@code fbgemm_linear_fp16_weight_fp32_activation} reads it.
 */
public final class HalfWeights {
    /** The largest finite half (IEEE 754 binary16). */
    public static final float MAX = 65504;

    private HalfWeights() {}

    /** The largest magnitude in a tensor of floats; NaN if it holds one. */
    public static float largest(Tensor floats) {
        TensorScope.checkOpen();
        var bounds = torch.aminmax(floats);
        return Math.max(-bounds.get0().item_float(), bounds.get1().item_float());
    }

    /**
     * The packed form of a matrix of floats, rounded to the nearest half.
     *
     * @param floats float32[out, in], no magnitude above {@link #MAX}: the operator would write the
     *     bound into the matrix itself, which may be a file mapped for reading
     * @throws RuntimeException if the processor lacks AVX2 or F16C
     */
    public static Tensor pack(Tensor floats) {
        TensorScope.checkOpen();
        return torch.fbgemm_pack_gemm_matrix_fp16(floats);
    }
}
