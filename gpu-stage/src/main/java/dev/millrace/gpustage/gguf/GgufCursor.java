package dev.millrace.gpustage.gguf;

import dev.millrace.gpustage.ModelLoadException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a GGUF header from front to back; every length is checked against what the file still holds
 * before anything is allocated for it.
 */
final class GgufCursor {
    /** Vocabulary and merges of the largest models are a tenth of this. */
    private static final long MOST_HEADER_BYTES = 1 << 27;

    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final FileChannel channel;
    private final long mostBytes;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long position;

    GgufCursor(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        this.mostBytes = Math.min(channel.size(), MOST_HEADER_BYTES);
    }

    /** Bytes read, from the start of the file. */
    long position() {
        return position;
    }

    byte int8(String what) throws IOException {
        return need(Byte.BYTES, what).get();
    }

    short int16(String what) throws IOException {
        return need(Short.BYTES, what).getShort();
    }

    int int32(String what) throws IOException {
        return need(Integer.BYTES, what).getInt();
    }

    long int64(String what) throws IOException {
        return need(Long.BYTES, what).getLong();
    }

    /** A count of things of at least {@code leastBytes} each. */
    int count(String what, long most, int leastBytes) throws IOException {
        long count = int64(what);
        long possible = Math.min(most, (mostBytes - position) / leastBytes);
        if (count < 0 || count > possible) {
            throw bad(
                    what
                            + " is "
                            + Long.toUnsignedString(count)
                            + "; 0 to "
                            + possible
                            + " are possible here (truncated?)");
        }
        return (int) count;
    }

    String string(String what, int mostBytes) throws IOException {
        int length = count("the length of " + what, mostBytes, 1);
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            ByteBuffer next = need(Math.min(length - done, BUFFER_BYTES), what);
            int part = Math.min(next.remaining(), length - done);
            next.get(bytes, done, part);
            done += part;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new ModelLoadException(file + ": " + what + " is not UTF-8", e);
        }
    }

    /** The buffer with at least {@code bytes}, which count as read. */
    private ByteBuffer need(int bytes, String what) throws IOException {
        if (bytes > mostBytes - position) {
            throw bad(
                    "ends in "
                            + what
                            + ", at byte "
                            + position
                            + " of its header; at most "
                            + MOST_HEADER_BYTES
                            + " bytes of header are read");
        }
        if (buffer.remaining() < bytes) {
            buffer.compact();
            while (buffer.position() < bytes) {
                if (channel.read(buffer, position + buffer.position()) < 0) {
                    throw new EOFException(file + ": was cut short while it was read");
                }
            }
            buffer.flip();
        }
        position += bytes;
        return buffer;
    }

    ModelLoadException bad(String what) {
        return new ModelLoadException(file + ": " + what);
    }
}
