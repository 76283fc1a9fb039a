package dev.millrace.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Frames as bytes, by what the layout says and without the code that writes them. */
final class Frames {
    static final int HEAD = 48;
    static final int TRAILER = 36;

    private Frames() {}

    /** The frame of the document at that position. */
    static byte[] read(Path path, long position) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            file.seek(position);
            byte[] frame = new byte[Integer.reverseBytes(file.readInt())];
            file.readFully(frame);
            return frame;
        }
    }

    /** Puts it there, in place of one of the same length. */
    static void write(Path path, long position, byte[] frame) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(position + 4);
            file.write(frame);
        }
    }

    static byte[] chain(byte[] frame) {
        return Arrays.copyOfRange(frame, frame.length - TRAILER, frame.length - TRAILER + 32);
    }

    /** The chain that it should have behind a frame with chain {@code before}. */
    static byte[] chain(byte[] before, byte[] frame) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(frame, HEAD, frame.length - TRAILER - HEAD);
        digest.update(before);
        digest.update(frame, 0, HEAD);
        return digest.digest();
    }

    static ByteBuffer fields(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** As somebody would who knows the layout: all checksums are right again. */
    static byte[] withChecksums(byte[] frame) {
        ByteBuffer fields = fields(frame);
        fields.putInt(44, sum(frame, 0, 44));
        int records = fields.getInt(12);
        int at = HEAD;
        for (int i = 0; i < records; i++) {
            int length = (24 + fields.getInt(at + 4) + 7) & ~7;
            fields.putInt(at, sum(frame, at + 4, length - 4));
            at += length;
        }
        fields.putInt(frame.length - 4, sum(frame, frame.length - TRAILER, 32));
        return frame;
    }

    /** Of one record by itself. */
    static byte[] withRecordChecksum(byte[] record) {
        fields(record).putInt(0, sum(record, 4, record.length - 4));
        return record;
    }

    private static int sum(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}
