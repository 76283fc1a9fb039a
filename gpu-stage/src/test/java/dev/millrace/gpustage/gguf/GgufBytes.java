package dev.millrace.gpustage.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * GGUF files byte by byte, right ones and wrong ones; shares nothing with the production writer.
 */
final class GgufBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    GgufBytes text(String ascii) {
        bytes.writeBytes(ascii.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    GgufBytes u8(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    GgufBytes u32(long value) {
        for (int shift = 0; shift < 32; shift += 8) {
            bytes.write((int) (value >>> shift));
        }
        return this;
    }

    GgufBytes u64(long value) {
        return u32(value).u32(value >>> 32);
    }

    GgufBytes f32(float value) {
        return u32(Float.floatToRawIntBits(value));
    }

    /** A length and that many bytes. */
    GgufBytes string(String value) {
        return u64(value.getBytes(StandardCharsets.UTF_8).length).text(value);
    }

    /** Magic, version and counts. */
    static GgufBytes head(int version, long tensors, long pairs) {
        return new GgufBytes().text("GGUF").u32(version).u64(tensors).u64(pairs);
    }

    /** A key with the number of its value's type. */
    GgufBytes key(String name, int type) {
        return string(name).u32(type);
    }

    /** A tensor's description; lengths in the file's order, the row's first. */
    GgufBytes tensor(String name, int type, long offset, long... lengths) {
        string(name).u32(lengths.length);
        for (long length : lengths) {
            u64(length);
        }
        return u32(type).u64(offset);
    }

    /** Zeros up to the next multiple. */
    GgufBytes align(int alignment) {
        while (bytes.size() % alignment != 0) {
            bytes.write(0);
        }
        return this;
    }

    GgufBytes zeros(int count) {
        bytes.writeBytes(new byte[count]);
        return this;
    }

    byte[] array() {
        return bytes.toByteArray();
    }

    Path write(Path file) {
        try {
            return Files.write(file, array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
