package dev.millrace.gpustage.torch;

import dev.millrace.ringbuffer.Datatype;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** LibTorch's name for each {@link Datatype}. */
final class ScalarTypes {
    private static final ScalarType[] BY_ORDINAL = new ScalarType[Datatype.values().length];

    static {
        for (Datatype type : Datatype.values()) {
            BY_ORDINAL[type.ordinal()] = named(type);
        }
    }

    private ScalarTypes() {}

    static ScalarType of(Datatype type) {
        return BY_ORDINAL[type.ordinal()];
    }

    /** The type of a tensor, or null for one that no protocol carries: complex, quantised. */
    static @Nullable Datatype of(Tensor tensor) {
        ScalarType type = tensor.scalar_type().intern();
        for (Datatype candidate : Datatype.values()) {
            if (BY_ORDINAL[candidate.ordinal()] == type) {
                return candidate;
            }
        }
        return null;
    }

    private static ScalarType named(Datatype type) {
        return switch (type) {
            case BOOL -> ScalarType.Bool;
            case UINT8 -> ScalarType.Byte;
            case UINT16 -> ScalarType.UInt16;
            case UINT32 -> ScalarType.UInt32;
            case UINT64 -> ScalarType.UInt64;
            case INT8 -> ScalarType.Char;
            case INT16 -> ScalarType.Short;
            case INT32 -> ScalarType.Int;
            case INT64 -> ScalarType.Long;
            case FP16 -> ScalarType.Half;
            case BF16 -> ScalarType.BFloat16;
            case FP32 -> ScalarType.Float;
            case FP64 -> ScalarType.Double;
        };
    }
}
