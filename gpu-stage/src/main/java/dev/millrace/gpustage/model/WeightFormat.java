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
    INT8(4);

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

    long code() {
        return code;
    }

    /** As {@code models.dtype} has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
