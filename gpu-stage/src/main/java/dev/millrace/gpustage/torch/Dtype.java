package dev.millrace.gpustage.torch;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Element types, by the names that safetensors and the Open Inference Protocol give them. */
public enum Dtype {
    BOOL("BOOL", "BOOL", "TYPE_BOOL", 1, ScalarType.Bool),
    UINT8("U8", "UINT8", "TYPE_UINT8", 1, ScalarType.Byte),
    UINT16("U16", "UINT16", "TYPE_UINT16", 2, ScalarType.UInt16),
    UINT32("U32", "UINT32", "TYPE_UINT32", 4, ScalarType.UInt32),
    UINT64("U64", "UINT64", "TYPE_UINT64", 8, ScalarType.UInt64),
    INT8("I8", "INT8", "TYPE_INT8", 1, ScalarType.Char),
    INT16("I16", "INT16", "TYPE_INT16", 2, ScalarType.Short),
    INT32("I32", "INT32", "TYPE_INT32", 4, ScalarType.Int),
    INT64("I64", "INT64", "TYPE_INT64", 8, ScalarType.Long),
    FP16("F16", "FP16", "TYPE_FP16", 2, ScalarType.Half),
    BF16("BF16", "BF16", "TYPE_BF16", 2, ScalarType.BFloat16),
    FP32("F32", "FP32", "TYPE_FP32", 4, ScalarType.Float),
    FP64("F64", "FP64", "TYPE_FP64", 8, ScalarType.Double);

    private final String safetensorsName;
    private final String protocolName;
    private final String tritonName;
    private final int bytes;
    private final ScalarType scalarType;

    Dtype(
            String safetensorsName,
            String protocolName,
            String tritonName,
            int bytes,
            ScalarType scalarType) {
        this.safetensorsName = safetensorsName;
        this.protocolName = protocolName;
        this.tritonName = tritonName;
        this.bytes = bytes;
        this.scalarType = scalarType;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The name of the Open Inference Protocol, such as {@code FP32}. */
    public String protocolName() {
        return protocolName;
    }

    ScalarType scalarType() {
        return scalarType;
    }

    /** The type with that name in a safetensors header, or null. */
    public static @Nullable Dtype ofSafetensors(String name) {
        for (Dtype dtype : values()) {
            if (dtype.safetensorsName.equals(name)) {
                return dtype;
            }
        }
        return null;
    }

    /**
     * The type with that name in a declaration: {@code FP32}, {@code TYPE_FP32} or {@code fp32}; or
     * null.
     */
    public static @Nullable Dtype ofDeclaration(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        for (Dtype dtype : values()) {
            if (dtype.protocolName.equals(upper) || dtype.tritonName.equals(upper)) {
                return dtype;
            }
        }
        return null;
    }

    /**
     * The element type of a tensor, or null for one that no protocol can carry (complex,
     * quantised).
     */
    public static @Nullable Dtype of(Tensor tensor) {
        ScalarType type = tensor.scalar_type().intern();
        for (Dtype dtype : values()) {
            if (dtype.scalarType == type) {
                return dtype;
            }
        }
        return null;
    }
}
