package dev.millrace.gpustage.gguf;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.weights.ElementReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One GGUF file, open for reading. Safe on files from strangers: the header is checked as {@link
 * GgufHeader} says, and data are read, not mapped, so that a file cut short is an exception.
 *
 * <p>Used by one thread.
 */
public final class GgufFile implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 18;

    private final Path file;
    private final FileChannel channel;
    private final GgufHeader.Contents contents;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private GgufFile(Path file, FileChannel channel, GgufHeader.Contents contents) {
        this.file = file;
        this.channel = channel;
        this.contents = contents;
    }

    /**
     * Opens and checks {@code file}.
     *
     * @throws ModelLoadException where it cannot be read or its header does not describe it
     */
    @SuppressWarnings("MustBeClosedChecker") // closed with the file
    public static GgufFile open(Path file) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                return new GgufFile(file, channel, GgufHeader.read(file, channel));
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new ModelLoadException(file + ": no such file", e);
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    public Path path() {
        return file;
    }

    public GgufMetadata metadata() {
        return contents.metadata();
    }

    /** All tensors by name, in the order of the file. */
    public Map<String, GgufTensor> tensors() {
        return Collections.unmodifiableMap(contents.tensors());
    }

    /** What the file says about {@code name}, or null when it holds no such tensor. */
    public @Nullable GgufTensor find(String name) {
        return contents.tensors().get(name);
    }

    /** Reads a tensor's elements as floats, as long as the file is open. */
    public ElementReader elements(GgufTensor tensor) {
        int block = tensor.type().blockElements();
        float[] blocks = new float[BUFFER_BYTES / tensor.type().blockBytes() * block];
        return (from, chunk, count) -> {
            int done = 0;
            while (done < count) {
                long first = (from + done) / block * block;
                int skip = (int) (from + done - first);
                int part = Math.min(count - done, blocks.length - skip);
                int whole = Math.ceilDiv(skip + part, block) * block;
                fill(tensor, tensor.type().bytes(first), (int) tensor.type().bytes(whole));
                GgmlBlocks.decode(tensor.type(), buffer, blocks, whole);
                System.arraycopy(blocks, skip, chunk, done, part);
                done += part;
            }
        };
    }

    private void fill(GgufTensor tensor, long at, int bytes) throws IOException {
        buffer.clear().limit(bytes);
        while (buffer.hasRemaining()) {
            long position = tensor.offsetBytes() + at + buffer.position();
            if (channel.read(buffer, position) < 0) {
                throw new EOFException(file + ": was cut short while it was read");
            }
        }
        buffer.flip();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be closed: " + e.getMessage(), e);
        }
    }
}
