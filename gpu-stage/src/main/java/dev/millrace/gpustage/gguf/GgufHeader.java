package dev.millrace.gpustage.gguf;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads and checks everything before the data of a GGUF file, trusting nothing in it.
 *
 * <p>Tensors must lie inside the file, aligned, behind the header and apart from each other; holes
 * between them are allowed, as alignment makes some.
 */
final class GgufHeader {
    private static final int MAGIC = 0x46554747;
    private static final int OLDEST_VERSION = 2;
    private static final int NEWEST_VERSION = 3;
    private static final int MOST_KEYS = 1 << 16;
    private static final int MOST_TENSORS = 1 << 16;
    private static final int MOST_KEY_BYTES = (1 << 16) - 1;
    private static final int MOST_NAME_BYTES = 64;
    private static final int MOST_STRING_BYTES = 1 << 22;

    /** Of all arrays together; the largest vocabularies with their merges have a third. */
    private static final int MOST_ITEMS = 1 << 22;

    private static final int MOST_DIMENSIONS = 4;
    private static final int MOST_ALIGNMENT = 1 << 20;

    /** Name, count of dimensions, one length, type, offset. */
    private static final int LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

    /** Name, type, one byte. */
    private static final int LEAST_PAIR_BYTES = 8 + 4 + 1;

    private final Path file;
    private final long fileBytes;
    private final GgufCursor cursor;
    private int itemsLeft = MOST_ITEMS;

    private GgufHeader(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.fileBytes = channel.size();
        this.cursor = new GgufCursor(file, channel);
    }

    /**
     * What a file says of itself.
     *
     * @param metadata all keys
     * @param tensors by name, in the order of the file
     */
    record Contents(GgufMetadata metadata, Map<String, GgufTensor> tensors) {}

    /**
     * @throws ModelLoadException where the header does not describe the file
     */
    static Contents read(Path file, FileChannel channel) throws IOException {
        return new GgufHeader(file, channel).contents();
    }

    private Contents contents() throws IOException {
        if (fileBytes < Integer.BYTES || cursor.int32("the magic") != MAGIC) {
            throw cursor.bad("does not begin with GGUF; it is no GGUF file");
        }
        int version = cursor.int32("the version");
        if (version < OLDEST_VERSION || version > NEWEST_VERSION) {
            int reversed = Integer.reverseBytes(version);
            boolean swapped = reversed >= OLDEST_VERSION && reversed <= NEWEST_VERSION;
            throw cursor.bad(
                    "version is "
                            + Integer.toUnsignedString(version)
                            + (swapped ? ", of a big-endian file" : "")
                            + "; 2 or 3, little-endian, is read");
        }
        int tensorCount = cursor.count("tensor_count", MOST_TENSORS, LEAST_TENSOR_BYTES);
        int pairs = cursor.count("metadata_kv_count", MOST_KEYS, LEAST_PAIR_BYTES);
        GgufMetadata metadata = new GgufMetadata(file, pairs(pairs));
        int alignment = metadata.integer("general.alignment", 8, MOST_ALIGNMENT, 32);
        if (Integer.bitCount(alignment) != 1) {
            throw metadata.bad("general.alignment", "a power of two is expected");
        }
        List<GgufTensor> relative = new ArrayList<>();
        for (int i = 0; i < tensorCount; i++) {
            relative.add(tensor(alignment));
        }
        long data = Math.ceilDiv(cursor.position(), alignment) * alignment;
        return new Contents(metadata, placed(relative, data));
    }

    private Map<String, Object> pairs(int count) throws IOException {
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < count; i++) {
            String key = cursor.string("key " + i, MOST_KEY_BYTES);
            if (values.put(key, value(kind(key), key)) != null) {
                throw cursor.bad("key " + key + " comes twice");
            }
        }
        return values;
    }

    private GgufKind kind(String key) throws IOException {
        int number = cursor.int32(key);
        if (number < 0 || number >= GgufKind.count()) {
            throw cursor.bad(
                    key
                            + " has value type "
                            + Integer.toUnsignedString(number)
                            + "; 0 to "
                            + (GgufKind.count() - 1)
                            + " are known");
        }
        return GgufKind.at(number);
    }

    private Object value(GgufKind kind, String key) throws IOException {
        return switch (kind) {
            case UINT8 -> (long) Byte.toUnsignedInt(cursor.int8(key));
            case INT8 -> (long) cursor.int8(key);
            case UINT16 -> (long) Short.toUnsignedInt(cursor.int16(key));
            case INT16 -> (long) cursor.int16(key);
            case UINT32 -> Integer.toUnsignedLong(cursor.int32(key));
            case INT32 -> (long) cursor.int32(key);
            case UINT64, INT64 -> cursor.int64(key);
            case FLOAT32 -> (double) Float.intBitsToFloat(cursor.int32(key));
            case FLOAT64 -> Double.longBitsToDouble(cursor.int64(key));
            case BOOL -> cursor.int8(key) != 0;
            case STRING -> cursor.string(key, MOST_STRING_BYTES);
            case ARRAY -> array(key);
        };
    }

    private List<Object> array(String key) throws IOException {
        GgufKind kind = kind(key);
        if (kind == GgufKind.ARRAY) {
            throw cursor.bad(key + " is an array of arrays, which is not read");
        }
        int count = cursor.count("the length of " + key, itemsLeft, kind.leastBytes());
        itemsLeft -= count;
        List<Object> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            items.add(value(kind, key));
        }
        return items;
    }

    /** The next description; its offset counts from the start of the data. */
    private GgufTensor tensor(int alignment) throws IOException {
        String name = cursor.string("a tensor's name", MOST_NAME_BYTES);
        String what = "tensor " + name;
        int dimensions = cursor.int32(what);
        if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
            throw cursor.bad(
                    what
                            + " has "
                            + Integer.toUnsignedString(dimensions)
                            + " dimensions; 1 to "
                            + MOST_DIMENSIONS
                            + " are expected");
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < dimensions; i++) {
            shape.addFirst(cursor.int64(what));
        }
        int id = cursor.int32(what);
        GgmlType type = GgmlType.of(id);
        if (type == null) {
            throw cursor.bad(
                    what
                            + " has type "
                            + GgmlType.nameOf(id)
                            + "; "
                            + GgmlType.names()
                            + " are read");
        }
        long offset = cursor.int64(what);
        long bytes = bytes(what, type, shape);
        if (offset < 0 || offset % alignment != 0) {
            throw cursor.bad(
                    what
                            + " begins at byte "
                            + Long.toUnsignedString(offset)
                            + " of the data; a multiple of "
                            + alignment
                            + " is expected");
        }
        return new GgufTensor(name, type, List.copyOf(shape), offset, bytes);
    }

    private long bytes(String what, GgmlType type, List<Long> shape) {
        long elements = 1;
        try {
            for (long length : shape) {
                if (length < 1) {
                    throw cursor.bad(
                            what + " has shape " + shape + "; lengths from 1 are expected");
                }
                elements = Math.multiplyExact(elements, length);
            }
            if (shape.getLast() % type.blockElements() != 0) {
                throw cursor.bad(
                        what
                                + " has rows of "
                                + shape.getLast()
                                + "; a multiple of "
                                + type.blockElements()
                                + " is expected for "
                                + type.name());
            }
            return type.bytes(elements);
        } catch (ArithmeticException e) {
            throw new ModelLoadException(
                    file + ": " + what + " has shape " + shape + ", more than can be counted", e);
        }
    }

    private Map<String, GgufTensor> placed(List<GgufTensor> relative, long data) {
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        List<GgufTensor> inOrder = new ArrayList<>(relative);
        inOrder.sort(Comparator.comparingLong(GgufTensor::offsetBytes));
        long next = 0;
        for (GgufTensor tensor : inOrder) {
            long left = fileBytes - data;
            if (tensor.offsetBytes() > left || tensor.bytes() > left - tensor.offsetBytes()) {
                throw cursor.bad(
                        "tensor "
                                + tensor.name()
                                + " of "
                                + tensor.bytes()
                                + " bytes at byte "
                                + tensor.offsetBytes()
                                + " of the data lies outside the file, which holds "
                                + Math.max(0, left)
                                + " (truncated?)");
            }
            if (tensor.offsetBytes() < next) {
                throw cursor.bad("tensor " + tensor.name() + " overlaps the one before it");
            }
            next = tensor.offsetBytes() + tensor.bytes();
        }
        for (GgufTensor tensor : relative) {
            var placed =
                    new GgufTensor(
                            tensor.name(),
                            tensor.type(),
                            tensor.shape(),
                            data + tensor.offsetBytes(),
                            tensor.bytes());
            if (tensors.put(tensor.name(), placed) != null) {
                throw cursor.bad("tensor " + tensor.name() + " comes twice");
            }
        }
        return tensors;
    }
}
