package dev.millrace.gpustage.model;

import dev.millrace.config.ModelsConfig.Dtype;
import java.util.Locale;

/** How the matrices of linear layers are held, by the number {@code linear.ts.py} knows it by. */
public enum WeightFormat {
    /** Halves that fbgemm multiplies into floats: half the bytes to read for every token. */
    FLOAT16(1),
    /** bfloat16, in which oneDNN multiplies inputs rounded to it: for processors that can. */
    BFLOAT16(2),
    /** As exact as the checkpoint. */
    FLOAT32(3),
    /**
     * 8-bit integers that fbgemm multiplies by inputs rounded to 8 bits: a quarter of the bytes,
     * and answers that differ.
     */
    INT8(4),
    /** Not packed, for devices whose operators take matrices as they are: float32. */
    PLAIN_FLOAT32(5),
    /** Not packed: bfloat16, to which inputs are rounded. */
    PLAIN_BFLOAT16(5),
    /** Not packed: halves, to which inputs are rounded. */
    PLAIN_FLOAT16(5);

    private final long code;

    WeightFormat(long code) {
        this.code = code;
    }

    /** What {@code models.dtype} asks for, where it names a format. */
    public static WeightFormat of(Dtype dtype) {
        return switch (dtype) {
            case FLOAT16 -> FLOAT16;
            case BFLOAT16 -> BFLOAT16;
            case FLOAT32 -> FLOAT32;
            case INT8 -> INT8;
            case AUTO -> throw new IllegalArgumentException("auto is measured, not named");
        };
    }

    /**
     * The plain format that {@code models.dtype} asks for; auto is bfloat16.
     *
     * @throws IllegalArgumentException for int8, which has none
     */
    public static WeightFormat plain(Dtype dtype) {
        return switch (dtype) {
            case FLOAT16 -> PLAIN_FLOAT16;
            case BFLOAT16, AUTO -> PLAIN_BFLOAT16;
            case FLOAT32 -> PLAIN_FLOAT32;
            case INT8 ->
                    throw new IllegalArgumentException(
                            "models.dtype int8 runs on a CPU alone; float32, float16, bfloat16 or"
                                    + " auto are expected on another device");
        };
    }

    /** Whether matrices are ordinary tensors, which any device multiplies by. */
    public boolean isPlain() {
        return code == PLAIN_FLOAT32.code;
    }

    /** Whether values are halves, and bounded as such. */
    boolean isHalf() {
        return this == FLOAT16 || this == PLAIN_FLOAT16;
    }

    long code() {
        return code;
    }

    /** As {@code models.dtype} has it, behind {@code plain-} where it is plain. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
