package dev.millrace.tools.model;

import dev.millrace.ringbuffer.Datatype;

/** Element types of random weights, under the names that {@code config.json} uses. */
enum WeightType {
    FLOAT32(Datatype.FP32),
    BFLOAT16(Datatype.BF16),
    FLOAT16(Datatype.FP16);

    private final Datatype datatype;

    WeightType(Datatype datatype) {
        this.datatype = datatype;
    }

    Datatype datatype() {
        return datatype;
    }

    /** As in {@code torch_dtype}. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
