package dev.millrace.gpustage.weights;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file, mapped; its tensors are views of the mapping, not copies.
 *
 * <p>Opened by the loading thread; the mapping must stay open as long as any tensor of it. Safe on
 * files from strangers: every length is checked against the file before it is used. A file that
 * somebody cuts short while it is mapped ends the process, so checkpoints are replaced by renaming,
 * never written in place.
 */
public final class SafetensorsFile implements AutoCloseable {
    private static final ValueLayout.OfLong LENGTH =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The limit that the format itself sets. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private final Path file;
    private final Arena arena;
    private final MemorySegment mapping;
    private final Map<String, StoredTensor> tensors;

    private SafetensorsFile(
            Path file, Arena arena, MemorySegment mapping, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.arena = arena;
        this.mapping = mapping;
        this.tensors = tensors;
    }

    /**
     * Maps and checks {@code file}.
     *
     * @throws ModelLoadException if it cannot be read or its header does not describe it
     */
    @SuppressWarnings("MustBeClosedChecker") // closed with the file
    public static SafetensorsFile open(Path file) {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapping =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            Map<String, StoredTensor> tensors = readHeader(file, mapping);
            return new SafetensorsFile(file, arena, mapping, tensors);
        } catch (NoSuchFileException e) {
            arena.close();
            throw new ModelLoadException(file + ": no such file", e);
        } catch (IOException e) {
            arena.close();
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static Map<String, StoredTensor> readHeader(Path file, MemorySegment mapping) {
        long fileBytes = mapping.byteSize();
        if (fileBytes < Long.BYTES) {
            throw new ModelLoadException(
                    file
                            + ": holds "
                            + fileBytes
                            + " bytes; a safetensors file begins with 8 bytes of header length");
        }
        long headerBytes = mapping.get(LENGTH, 0);
        long most = Math.min(MAX_HEADER_BYTES, fileBytes - Long.BYTES);
        if (headerBytes < 2 || headerBytes > most) {
            throw new ModelLoadException(
                    file
                            + ": header length is "
                            + Long.toUnsignedString(headerBytes)
                            + " bytes; 2 to "
                            + most
                            + " are possible in a file of "
                            + fileBytes
                            + " bytes");
        }
        byte[] json = mapping.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        long dataOffset = Long.BYTES + headerBytes;
        return SafetensorsHeader.parse(file, json, dataOffset, fileBytes - dataOffset);
    }

    /** The file that is mapped. */
    public Path path() {
        return file;
    }

    /** All tensors by name, in the order of the header. */
    public Map<String, StoredTensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    /** What the file says about {@code name}, or null when it holds no such tensor. */
    public @Nullable StoredTensor find(String name) {
        return tensors.get(name);
    }

    /**
     * A tensor over the mapping, or a copy where the file lays it across an alignment border. The
     * result belongs to the scope that is open and must not be written to.
     */
    public Tensor tensor(StoredTensor stored) {
        long address = mapping.address() + stored.offsetBytes();
        if (address % stored.dtype().bytes() != 0) {
            return NativeTensors.copyOf(address, stored.dtype(), stored.shapeArray());
        }
        return NativeTensors.over(address, stored.dtype(), stored.shapeArray());
    }

    /**
     * Reads a tensor's elements as floats, in plain Java, as long as the file is open.
     *
     * @throws ModelLoadException where they are not of a floating type
     */
    public ElementReader elements(StoredTensor stored) {
        MemorySegment data = mapping.asSlice(stored.offsetBytes(), stored.bytes());
        return switch (stored.dtype()) {
            case FP32 ->
                    (from, chunk, count) -> {
                        for (int i = 0; i < count; i++) {
                            chunk[i] = data.get(FLOAT, (from + i) * Float.BYTES);
                        }
                    };
            case FP64 ->
                    (from, chunk, count) -> {
                        for (int i = 0; i < count; i++) {
                            chunk[i] = (float) data.get(DOUBLE, (from + i) * Double.BYTES);
                        }
                    };
            case FP16 ->
                    (from, chunk, count) -> {
                        for (int i = 0; i < count; i++) {
                            chunk[i] =
                                    Float.float16ToFloat(data.get(SHORT, (from + i) * Short.BYTES));
                        }
                    };
            case BF16 ->
                    (from, chunk, count) -> {
                        for (int i = 0; i < count; i++) {
                            int bits = data.get(SHORT, (from + i) * Short.BYTES) << Short.SIZE;
                            chunk[i] = Float.intBitsToFloat(bits);
                        }
                    };
            default ->
                    throw new ModelLoadException(
                            file
                                    + ": tensor "
                                    + stored.name()
                                    + " has dtype "
                                    + stored.dtype().name()
                                    + "; F32, F16, BF16 or F64 is expected");
        };
    }

    /** Unmaps the file; no tensor of it may be used afterwards. */
    @Override
    public void close() {
        arena.close();
    }
}
