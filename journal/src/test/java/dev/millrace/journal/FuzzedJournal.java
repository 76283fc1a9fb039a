package dev.millrace.journal;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a fuzzer calls (HACKING.md): bytes from anybody, and everything that reads a journal.
 * Nothing may throw. The first byte says what the others are:
 *
 * <pre>
 *   0  a record as it stands
 *   1  a record whose checksum is made right
 *   2  a queue file as it stands
 *   3  records one after another, each 1 byte type, 1 flags, 1 request id, 2 length and so many
 *      bytes of part, in one frame of one file: only what a record says can be wrong
 *   4  the same, each in a frame of its own
 *   5  a file with a frame of layout 2 whose checksum and chain are made right
 *   6  as 4, and what is read is written to a journal of its own
 *   7  as 3, each with the bytes of part that stand on record, and bit 2 of flags as well
 * </pre>
 */
public final class FuzzedJournal {
    private static final int WAYS = 8;
    private static final Path FOLDER = folder();
    private static final Path FILE = FOLDER.resolve("20261122-10F.cq4");

    private FuzzedJournal() {}

    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("millrace-fuzz-");
            folder.toFile().deleteOnExit();
            folder.resolve("20261122-10F.cq4").toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Jazzer's entry. */
    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        if (data.length == 0) {
            return;
        }
        byte[] bytes = Arrays.copyOfRange(data, 1, data.length);
        switch ((data[0] & 0xFF) % WAYS) {
            case 0 -> record(bytes);
            case 1 -> record(bytes.length < 4 ? bytes : Frames.withRecordChecksum(bytes));
            case 2 -> file(bytes);
            case 3 -> file(composed(bytes, false));
            case 4 -> file(composed(bytes, true));
            case 5 -> file(layout2(bytes));
            case 6 -> excerpt(composed(bytes, true));
            default -> file(stored(bytes));
        }
    }

    private static void record(byte[] bytes) {
        JournalRecord record = new JournalRecord();
        if (record.wrap(bytes, 0, bytes.length) == null) {
            FuzzedRecord.readAll(record);
        }
    }

    /** As its writer would have made it of these records. */
    private static byte[] composed(byte[] bytes, boolean each) {
        var order = new RecordOrder(() -> 1, () -> 1);
        var frame = new FrameBuilder();
        var file = ByteBuffer.allocate(200 * (bytes.length + 1)).order(LITTLE_ENDIAN);
        int at = 0;
        while (at + 5 <= bytes.length) {
            int said = ((bytes[at + 3] & 3) << 8) + (bytes[at + 4] & 0xFF);
            int length = Math.min(bytes.length - at - 5, said);
            frame.scratch();
            frame.add(
                    RecordType.values()[(bytes[at] & 0xFF) % RecordType.values().length],
                    bytes[at + 1] & 3,
                    bytes[at + 2],
                    JournalRecord.HEADER_BYTES,
                    new UnsafeBuffer(bytes, at + 5, length),
                    length);
            at += 5 + length;
            if (each || at + 5 > bytes.length) {
                frame.hash();
                byte[] sealed = frame.seal(order);
                file.putInt(frame.length()).put(sealed, 0, frame.length());
                order.taken(frame.records());
                frame.clear();
            }
        }
        return Arrays.copyOf(file.array(), file.position() + 8);
    }

    /** One frame of these records as they stand there; checksums and chain are right. */
    private static byte[] stored(byte[] bytes) {
        var frame = ByteBuffer.allocate(100 + 30 * (bytes.length + 1)).order(LITTLE_ENDIAN);
        frame.position(Frames.HEAD);
        int records = 0;
        int at = 0;
        while (at + 5 <= bytes.length) {
            int said = ((bytes[at + 3] & 3) << 8) + (bytes[at + 4] & 0xFF);
            int length = Math.min(bytes.length - at - 5, said);
            int type = (bytes[at] & 0xFF) % RecordType.values().length;
            frame.putInt(0).putInt(length).putShort((short) RecordType.values()[type].code());
            frame.putShort((short) (bytes[at + 1] & 7)).putInt(0).putLong(bytes[at + 2]);
            frame.put(bytes, at + 5, length);
            frame.position((frame.position() + 7) & ~7);
            at += 5 + length;
            records++;
        }
        int length = frame.position() + Frames.TRAILER;
        byte[] made = Arrays.copyOf(frame.array(), length);
        ByteBuffer fields = Frames.fields(made);
        fields.putInt(0, JournalFrame.MAGIC).put(4, (byte) 4).putInt(8, length).putInt(12, records);
        Frames.withChecksums(made);
        try {
            byte[] chain = Frames.chain(new byte[32], made);
            System.arraycopy(chain, 0, made, length - Frames.TRAILER, chain.length);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        Frames.withChecksums(made);
        return ByteBuffer.allocate(length + 12)
                .order(LITTLE_ENDIAN)
                .putInt(length)
                .put(made)
                .array();
    }

    private static byte[] layout2(byte[] bytes) {
        byte[] frame = Arrays.copyOf(bytes, ((Math.max(48, bytes.length) + 7) & ~7) + 36);
        ByteBuffer fields = Frames.fields(frame);
        fields.putInt(0, JournalFrame.MAGIC).put(4, (byte) 2).putInt(8, frame.length);
        fields.putInt(12, Math.max(0, bytes.length - 48));
        var sha256 = new Sha256();
        sha256.add(new byte[32], 0, 32);
        sha256.add(frame, 0, frame.length - 36);
        byte[] chain = new byte[32];
        sha256.end(chain);
        System.arraycopy(chain, 0, frame, frame.length - 36, 32);
        var crc = new CRC32C();
        crc.update(frame, 0, frame.length - 4);
        fields.putInt(frame.length - 4, (int) crc.getValue());
        return ByteBuffer.allocate(frame.length + 12)
                .order(LITTLE_ENDIAN)
                .putInt(frame.length)
                .put(frame)
                .array();
    }

    /** A journal made of another's records, whatever they say. */
    private static void excerpt(byte[] bytes) throws IOException {
        Files.write(FILE, bytes);
        Path folder = Files.createTempDirectory("millrace-fuzz-excerpt-");
        JournalExcerpt excerpt = null;
        try (JournalReader reader = JournalReader.open(FOLDER)) {
            while (reader.next()) {
                JournalRecord record = reader.record();
                if (excerpt != null) {
                    excerpt.add(record);
                } else if (record.type() == RecordType.ENVIRONMENT) {
                    excerpt = new JournalExcerpt(folder, record);
                }
            }
        } finally {
            if (excerpt != null) {
                excerpt.close();
            }
        }
        if (excerpt != null && JournalVerifier.verify(folder, List.of()).damage() != null) {
            throw new IllegalStateException("an excerpt of sound records is damaged");
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static void file(byte[] bytes) throws IOException {
        Files.write(FILE, bytes);
        try (JournalReader reader = JournalReader.open(FOLDER)) {
            while (reader.next()) {
                FuzzedRecord.readAll(reader.record());
            }
        }
        JournalVerifier.verify(FOLDER, List.of("a"), new byte[32]);
        JournalStats.of(FOLDER);
        try {
            JournalPostmortem.of(FOLDER);
        } catch (JournalException noRun) {
            // A journal without a record has none.
        }
        KnownRequestsReader.read(FOLDER, new KnownRequests(16));
        try {
            JournalTail.of(FOLDER, false);
            JournalPruner.prune(FOLDER, 1, 0, true);
        } catch (JournalException otherLayout) {
            // A later build's end is refused.
        }
        Files.deleteIfExists(FOLDER.resolve("journal.lock"));
    }
}
