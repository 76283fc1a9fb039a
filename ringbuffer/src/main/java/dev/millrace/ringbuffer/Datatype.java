package dev.millrace.ringbuffer;

import org.jspecify.annotations.Nullable;

/**
 * Element types of tensors, named as KServe v2 names them ("Tensor Data Types"); little-endian, no
 * padding.
 */
public enum Datatype {
    BOOL(1),
    UINT8(1),
    UINT16(2),
    UINT32(4),
    UINT64(8),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FP16(2),
    BF16(2),
    FP32(4),
    FP64(8);

    private static final Datatype[] VALUES = values();

    private final int bytes;

    Datatype(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The type of that name, or null; allocates nothing. */
    public static @Nullable Datatype of(String name) {
        for (Datatype type : VALUES) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** By ordinal, for layouts that keep a byte. */
    public static Datatype at(int ordinal) {
        return VALUES[ordinal];
    }
}
