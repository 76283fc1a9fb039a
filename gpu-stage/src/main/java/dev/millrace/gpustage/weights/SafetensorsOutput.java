package dev.millrace.gpustage.weights;

import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes one safetensors file whose elements are made while they are written.
 *
 * <p>Runs on the command line's thread. Holds one chunk in memory, whatever the size of the tensors
 * (<a href="https://github.com/huggingface/safetensors#format">the format</a>).
 */
public final class SafetensorsOutput {
    /** Makes the elements of one tensor, in order. */
    public interface Elements {
        /**
         * Puts the next {@code count} elements at the start of {@code chunk}.
         *
         * @throws IOException where they cannot be made; nothing is written then
         */
        void next(float[] chunk, int count) throws IOException;
    }

    private static final int CHUNK_ELEMENTS = 1 << 16;
    private static final int ALIGNMENT_BYTES = 8;

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long dataBytes;

    private record Entry(
            Datatype dtype, Elements elements, List<Long> shape, long elementCount, long begin) {
        long end() {
            return begin + elementCount * dtype.bytes();
        }
    }

    /**
     * Adds a tensor behind those added before it.
     *
     * @param dtype FP32, FP16 or BF16; elements are rounded to the nearest, ties to even
     * @throws IllegalArgumentException for another type, or for a name that was added before
     */
    public SafetensorsOutput add(String name, Datatype dtype, Elements elements, long... shape) {
        spelling(dtype);
        long count = 1;
        for (long length : shape) {
            count = Math.multiplyExact(count, length);
        }
        List<Long> lengths = Arrays.stream(shape).boxed().toList();
        Entry entry = new Entry(dtype, elements, lengths, count, dataBytes);
        if (entries.putIfAbsent(name, entry) != null) {
            throw new IllegalArgumentException("tensor " + name + " was added before");
        }
        dataBytes = entry.end();
        return this;
    }

    /**
     * Writes all tensors; {@code file} appears when it is whole.
     *
     * @throws IOException where it cannot be written; nothing is left behind
     */
    public void write(Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                drain(ByteBuffer.wrap(header()), channel);
                float[] chunk = new float[CHUNK_ELEMENTS];
                ByteBuffer bytes =
                        ByteBuffer.allocateDirect(CHUNK_ELEMENTS * Float.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN);
                for (Entry entry : entries.values()) {
                    write(entry, chunk, bytes, channel);
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private byte[] header() {
        Map<String, Object> root = new LinkedHashMap<>();
        entries.forEach((name, entry) -> {
            Map<String, Object> tensor = new LinkedHashMap<>();
            tensor.put("dtype", spelling(entry.dtype));
            tensor.put("shape", entry.shape);
            tensor.put("data_offsets", List.of(entry.begin, entry.end()));
            root.put(name, tensor);
        });
        byte[] json = new JsonMapper().writeValueAsBytes(root);
        // Blanks fill it up, so that the data are aligned.
        int length = Math.ceilDiv(json.length, ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
        ByteBuffer header = ByteBuffer.allocate(Long.BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(length).put(json);
        while (header.hasRemaining()) {
            header.put((byte) ' ');
        }
        return header.array();
    }

    private static void write(Entry entry, float[] chunk, ByteBuffer bytes, FileChannel channel)
            throws IOException {
        for (long left = entry.elementCount; left > 0; left -= CHUNK_ELEMENTS) {
            int count = (int) Math.min(left, CHUNK_ELEMENTS);
            entry.elements.next(chunk, count);
            bytes.clear();
            for (int i = 0; i < count; i++) {
                put(entry.dtype, chunk[i], bytes);
            }
            drain(bytes.flip(), channel);
        }
    }

    private static void put(Datatype dtype, float value, ByteBuffer bytes) {
        switch (dtype) {
            case FP32 -> bytes.putFloat(value);
            case FP16 -> bytes.putShort(Float.floatToFloat16(value));
            default -> bytes.putShort(bfloat16(value));
        }
    }

    /** The upper half of the float, rounded to nearest even; a NaN stays one. */
    private static short bfloat16(float value) {
        int bits = Float.floatToIntBits(value);
        return Float.isNaN(value)
                ? (short) (bits >>> 16)
                : (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    private static void drain(ByteBuffer bytes, FileChannel channel) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static String spelling(Datatype dtype) {
        return switch (dtype) {
            case FP32 -> "F32";
            case FP16 -> "F16";
            case BF16 -> "BF16";
            default ->
                    throw new IllegalArgumentException(
                            "dtype is " + dtype + "; FP32, FP16 or BF16 is expected");
        };
    }
}
