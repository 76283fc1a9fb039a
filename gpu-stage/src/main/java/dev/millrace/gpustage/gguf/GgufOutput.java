package dev.millrace.gpustage.gguf;

import dev.millrace.gpustage.weights.ElementReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes one GGUF file, version 3, little-endian; elements are read while they are written.
 *
 * <p>Runs on the command line's thread. Holds one chunk of elements in memory, and all metadata.
 */
public final class GgufOutput {
    private static final int ALIGNMENT = 32;

    /** A whole number of blocks of every type. */
    private static final int CHUNK_ELEMENTS = 1 << 16;

    private static final float MOST_F16 = 65504;

    private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
    private final List<Entry> tensors = new ArrayList<>();
    private long keyCount;
    private long dataBytes;

    private record Entry(String name, GgmlType type, ElementReader elements, List<Long> shape) {
        long elementCount() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }
    }

    /** Adds an unsigned 32-bit number. */
    public GgufOutput integer(String key, int value) {
        key(key, GgufKind.UINT32);
        number(value, Integer.BYTES);
        return this;
    }

    /** Adds a 32-bit float. */
    public GgufOutput number(String key, float value) {
        key(key, GgufKind.FLOAT32);
        number(Float.floatToIntBits(value), Integer.BYTES);
        return this;
    }

    public GgufOutput flag(String key, boolean value) {
        key(key, GgufKind.BOOL);
        metadata.write(value ? 1 : 0);
        return this;
    }

    public GgufOutput string(String key, String value) {
        key(key, GgufKind.STRING);
        string(value);
        return this;
    }

    public GgufOutput strings(String key, List<String> values) {
        array(key, GgufKind.STRING, values.size());
        values.forEach(this::string);
        return this;
    }

    /** Adds an array of 32-bit floats. */
    public GgufOutput numbers(String key, float[] values) {
        array(key, GgufKind.FLOAT32, values.length);
        for (float value : values) {
            number(Float.floatToIntBits(value), Integer.BYTES);
        }
        return this;
    }

    /** Adds an array of signed 32-bit numbers. */
    public GgufOutput integers(String key, int[] values) {
        array(key, GgufKind.INT32, values.length);
        for (int value : values) {
            number(value, Integer.BYTES);
        }
        return this;
    }

    /**
     * Adds a tensor behind those added before it.
     *
     * @param shape row-major: the last length is that of a row, a whole number of blocks
     * @throws IllegalArgumentException where a row is no whole number of blocks
     */
    public GgufOutput add(String name, GgmlType type, ElementReader elements, long... shape) {
        if (shape[shape.length - 1] % type.blockElements() != 0) {
            throw new IllegalArgumentException(
                    "tensor "
                            + name
                            + " has rows of "
                            + shape[shape.length - 1]
                            + "; a multiple of "
                            + type.blockElements()
                            + " is expected for "
                            + type);
        }
        tensors.add(new Entry(name, type, elements, Arrays.stream(shape).boxed().toList()));
        return this;
    }

    /**
     * Writes everything; {@code file} appears when it is whole.
     *
     * @throws IOException where it cannot be written, or where a value is too large for its type;
     *     nothing is left behind
     */
    public void write(Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel channel =
                FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            drain(ByteBuffer.wrap(header()), channel);
            float[] chunk = new float[CHUNK_ELEMENTS];
            ByteBuffer bytes =
                    ByteBuffer.allocateDirect(CHUNK_ELEMENTS * Float.BYTES)
                            .order(ByteOrder.LITTLE_ENDIAN);
            for (Entry tensor : tensors) {
                write(tensor, chunk, bytes, channel);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private byte[] header() {
        var head = new GgufOutput();
        head.metadata.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        head.number(3, Integer.BYTES);
        head.number(tensors.size(), Long.BYTES);
        head.number(keyCount, Long.BYTES);
        head.metadata.writeBytes(metadata.toByteArray());
        for (Entry tensor : tensors) {
            head.string(tensor.name);
            head.number(tensor.shape.size(), Integer.BYTES);
            // The format counts the lengths from the row's on.
            for (long length : tensor.shape.reversed()) {
                head.number(length, Long.BYTES);
            }
            head.number(tensor.type.id(), Integer.BYTES);
            head.number(head.dataBytes, Long.BYTES);
            head.dataBytes += aligned(tensor.type.bytes(tensor.elementCount()));
        }
        head.pad(head.metadata.size());
        return head.metadata.toByteArray();
    }

    private void pad(long bytes) {
        for (long i = bytes; i < aligned(bytes); i++) {
            metadata.write(0);
        }
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    private static void write(Entry tensor, float[] chunk, ByteBuffer bytes, FileChannel channel)
            throws IOException {
        long all = tensor.elementCount();
        for (long from = 0; from < all; from += CHUNK_ELEMENTS) {
            int count = (int) Math.min(all - from, CHUNK_ELEMENTS);
            tensor.elements.read(from, chunk, count);
            checkReach(tensor, chunk, count);
            bytes.clear();
            GgmlBlocks.encode(tensor.type, chunk, count, bytes);
            drain(bytes.flip(), channel);
        }
        long written = tensor.type.bytes(all);
        drain(ByteBuffer.allocate((int) (aligned(written) - written)), channel);
    }

    private static void checkReach(Entry tensor, float[] chunk, int count) throws IOException {
        float most =
                switch (tensor.type) {
                    case F32, BF16 -> Float.POSITIVE_INFINITY;
                    case F16 -> MOST_F16;
                    case Q8_0 -> MOST_F16 * 127;
                    case Q4_0 -> MOST_F16 * 8;
                };
        for (int i = 0; i < count; i++) {
            // A NaN fails it too, and spoils its whole block.
            if (!(Math.abs(chunk[i]) <= most) && tensor.type != GgmlType.F32) {
                throw new IOException(
                        "tensor "
                                + tensor.name
                                + " holds "
                                + chunk[i]
                                + "; "
                                + tensor.type
                                + " holds numbers up to "
                                + most
                                + " (f32 holds any)");
            }
        }
    }

    private void key(String key, GgufKind kind) {
        string(key);
        number(kind.ordinal(), Integer.BYTES);
        keyCount++;
    }

    private void array(String key, GgufKind kind, int length) {
        key(key, GgufKind.ARRAY);
        number(kind.ordinal(), Integer.BYTES);
        number(length, Long.BYTES);
    }

    private void string(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        number(bytes.length, Long.BYTES);
        metadata.writeBytes(bytes);
    }

    private void number(long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            metadata.write((int) (value >>> (8 * i)));
        }
    }

    private static void drain(ByteBuffer bytes, FileChannel channel) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
