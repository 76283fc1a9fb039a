package dev.millrace.gpustage.gguf;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The element types of GGUF tensors that are read and written. A row is a whole number of blocks.
 */
public enum GgmlType {
    F32(0, 0, 1, 4),
    F16(1, 1, 1, 2),
    BF16(30, 32, 1, 2),
    /** An F16 scale and 32 signed bytes. */
    Q8_0(8, 7, 32, 34),
    /** An F16 scale and 32 times four bits: low halves are the first 16; 8 stands for zero. */
    Q4_0(2, 2, 32, 18);

    private final int id;
    private final int fileType;
    private final int blockElements;
    private final int blockBytes;

    GgmlType(int id, int fileType, int blockElements, int blockBytes) {
        this.id = id;
        this.fileType = fileType;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** The number in a tensor's description. */
    int id() {
        return id;
    }

    /** The number in {@code general.file_type} of a file that is mostly of this type. */
    public int fileType() {
        return fileType;
    }

    public int blockElements() {
        return blockElements;
    }

    int blockBytes() {
        return blockBytes;
    }

    public boolean quantised() {
        return blockElements > 1;
    }

    /**
     * Bytes of {@code elements}, which is a whole number of blocks.
     *
     * @throws ArithmeticException where they cannot be counted
     */
    long bytes(long elements) {
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    static @Nullable GgmlType of(int id) {
        for (GgmlType type : values()) {
            if (type.id == id) {
                return type;
            }
        }
        return null;
    }

    /** The name of any of ggml's types, for a refusal. */
    static String nameOf(int id) {
        return switch (id) {
            case 3 -> "Q4_1";
            case 6 -> "Q5_0";
            case 7 -> "Q5_1";
            case 9 -> "Q8_1";
            case 10 -> "Q2_K";
            case 11 -> "Q3_K";
            case 12 -> "Q4_K";
            case 13 -> "Q5_K";
            case 14 -> "Q6_K";
            case 15 -> "Q8_K";
            case 20 -> "IQ4_NL";
            case 23 -> "IQ4_XS";
            case 39 -> "MXFP4";
            default -> "number " + Integer.toUnsignedString(id);
        };
    }

    static String names() {
        return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
