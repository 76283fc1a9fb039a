package dev.millrace.gpustage.gguf;

/** The types of metadata values, in the order of their numbers. */
enum GgufKind {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufKind[] VALUES = values();

    private final int leastBytes;

    GgufKind(int leastBytes) {
        this.leastBytes = leastBytes;
    }

    /** Bytes of a value, or those of its lengths where it has any. */
    int leastBytes() {
        return leastBytes;
    }

    static int count() {
        return VALUES.length;
    }

    static GgufKind at(int number) {
        return VALUES[number];
    }
}
