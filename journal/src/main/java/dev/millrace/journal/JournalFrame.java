package dev.millrace.journal;

import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one append puts into the queue: records that stand behind one another, with one place in the
 * total order and one chain. This is the view of a reader, and the layout. Little-endian; one
 * thread.
 *
 * <pre>
 *   0  4  magic          "MRJN"
 *   4  1  version        4
 *   5  3  zeros
 *   8  4  length         of the whole frame, from magic to the chain's checksum
 *  12  4  records        at least 1
 *  16  8  record index   of the first record; 0 for the ENVIRONMENT that begins a run. It counts up
 *                        by one for each record: the one total order of the run, whoever appended
 *  24  8  wall nanos     since the epoch, when the frame was appended
 *  32  8  clock nanos    of the server's monotonic clock at that moment; never falls in a run
 *  40  4  zeros
 *  44  4  checksum       CRC-32C (RFC 3720, B.4) of the 44 bytes before it
 *  48  r  records        {@link JournalRecord}, one after another
 *  .. 32  chain          SHA-256 of all bytes of the records, the chain of the frame before, and
 *                        the 48 bytes at the frame's beginning, in this order: {@link RecordChain}
 *  ..  4  checksum       CRC-32C of the chain
 * </pre>
 *
 * The length is 4 modulo 8 and so never a power of two: no single flipped bit turns the length word
 * that the queue puts before a frame into 0, which means "nothing was written here yet".
 *
 * <p>Layouts 2 and 3 are read and not written. In layout 3 no record {@linkplain RecordDifference
 * differs} from another. Layout 2 has one record in each frame and no room for more:
 *
 * <pre>
 *   0  4  magic, then 1 version (2), 1 type, 2 flags, 4 length, 4 part length
 *  16  8  record index, then 8 request id, 8 wall nanos, 8 clock nanos
 *  48  n  part, then padding to a multiple of 8
 *  .. 32  chain          SHA-256 of the chain of the record before and of all bytes before this
 *  ..  4  checksum       CRC-32C of all bytes before it
 * </pre>
 */
final class JournalFrame {
    /** The layout written by this build. */
    static final int VERSION = 4;

    private static final int LAYOUT_3 = 3;
    private static final int LAYOUT_2 = 2;

    /** "MRJN" as a little-endian int. */
    static final int MAGIC = 0x4E4A524D;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 4;
    static final int LENGTH_OFFSET = 8;
    static final int RECORDS_OFFSET = 12;
    static final int RECORD_INDEX_OFFSET = 16;
    static final int WALL_NANOS_OFFSET = 24;
    static final int CLOCK_NANOS_OFFSET = 32;
    static final int CHECKSUM_OFFSET = 44;

    /** Where the records begin; of layout 2, where the part does. */
    static final int HEADER_BYTES = 48;

    /** Behind the records: chain and checksum. */
    static final int TRAILER_BYTES = RecordChain.BYTES + 4;

    private static final int SMALLEST = HEADER_BYTES + JournalRecord.HEADER_BYTES + TRAILER_BYTES;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private final JournalRecord record = new JournalRecord();
    private final RecordDifference difference = new RecordDifference();
    private final CRC32C crc = new CRC32C();
    private byte[] bytes = new byte[0];
    private int start;
    private int length;
    private int records;
    private int sound;
    private int taken;
    private int at;
    private int recordAt;
    private @Nullable String problem;
    private boolean otherLayout;

    /** Nothing. */
    void clear() {
        otherLayout = false;
        records = 0;
        sound = 0;
        taken = 0;
        problem = null;
    }

    /**
     * What can be said from the first {@link #HEADER_BYTES} alone, so that no memory is taken for a
     * length that is a lie.
     *
     * @param length bytes that the queue says the frame has
     */
    @Nullable String headerProblem(byte[] bytes, int at, int length) {
        buffer.wrap(bytes, at, HEADER_BYTES);
        otherLayout = false;
        if (buffer.getInt(MAGIC_OFFSET) != MAGIC) {
            return "no record begins here (magic 0x%x)".formatted(buffer.getInt(MAGIC_OFFSET));
        }
        int version = buffer.getByte(VERSION_OFFSET);
        // Zero is what a page holds that never reached the disk.
        otherLayout = version != 0 && (version < LAYOUT_2 || version > VERSION);
        if (otherLayout || version == 0) {
            return "layout version %d; this build reads %d to %d"
                    .formatted(version, LAYOUT_2, VERSION);
        }
        if (buffer.getInt(LENGTH_OFFSET) != length) {
            return "length " + buffer.getInt(LENGTH_OFFSET) + " in " + length + " bytes";
        }
        return version == LAYOUT_2 ? layout2Problem(length) : headProblem(bytes, at, length);
    }

    private @Nullable String headProblem(byte[] bytes, int at, int length) {
        if (sum(bytes, at, CHECKSUM_OFFSET) != buffer.getInt(CHECKSUM_OFFSET)) {
            return "checksum of the frame's head does not match";
        }
        int count = buffer.getInt(RECORDS_OFFSET);
        int room = length - HEADER_BYTES - TRAILER_BYTES;
        if (length < SMALLEST || count < 1 || count > room / JournalRecord.HEADER_BYTES) {
            return count + " records in a frame of " + length + " bytes";
        }
        boolean zeros =
                buffer.getInt(VERSION_OFFSET) == buffer.getByte(VERSION_OFFSET)
                        && buffer.getInt(CHECKSUM_OFFSET - 4) == 0;
        return zeros && buffer.getLong(RECORD_INDEX_OFFSET) >= 0
                ? null
                : "the frame's head is not one of this build";
    }

    private @Nullable String layout2Problem(int length) {
        long part = buffer.getInt(RECORDS_OFFSET);
        long wanted = ((HEADER_BYTES + part + 7) & ~7L) + TRAILER_BYTES;
        return part < 0 || wanted != length
                ? "part of " + part + " bytes in a record of " + length
                : null;
    }

    private int sum(byte[] source, int from, int count) {
        crc.reset();
        crc.update(source, from, count);
        return (int) crc.getValue();
    }

    /**
     * Points this view at a frame whose head has no problem.
     *
     * @param length bytes that the frame should have
     * @param present bytes that are there, at least {@link #HEADER_BYTES}
     */
    void wrap(byte[] source, int from, int length, int present) {
        clear();
        bytes = source;
        start = from;
        this.length = length;
        buffer.wrap(source, from, present);
        difference.clear();
        at = HEADER_BYTES;
        if (layout2()) {
            records = 1;
            problem = present < length ? cut() : layout2Checksum();
            sound = problem == null ? 1 : 0;
        } else {
            records = buffer.getInt(RECORDS_OFFSET);
            problem = countSound(present);
        }
        recordAt = at;
    }

    private boolean layout2() {
        return buffer.getByte(VERSION_OFFSET) == LAYOUT_2;
    }

    private String cut() {
        return "file ends within a document of " + length + " bytes";
    }

    private @Nullable String layout2Checksum() {
        int end = length - 4;
        return sum(bytes, start, end) == buffer.getInt(end) ? null : "checksum does not match";
    }

    /** Leaves {@link #at} where it began. */
    private @Nullable String countSound(int present) {
        int end = length - TRAILER_BYTES;
        int next = HEADER_BYTES;
        String wrong = null;
        while (sound < records && wrong == null) {
            int available = Math.min(end, present) - next;
            wrong = record.bytesProblem(bytes, start + next, available);
            if (wrong == null) {
                next += record.lengthAt(bytes, start + next);
                sound++;
            }
        }
        if (wrong != null) {
            return present < length ? cut() : wrong;
        }
        if (present < length) {
            return cut();
        }
        if (next != end) {
            return records + " records end at " + next + " of " + end;
        }
        return sum(bytes, start + end, RecordChain.BYTES) == buffer.getInt(length - 4)
                ? null
                : "checksum of the chain does not match";
    }

    /**
     * Moves to the next record.
     *
     * @return false where there is no sound one; {@link #problem()} says why, where there should be
     */
    boolean next() {
        if (taken >= sound) {
            recordAt = at;
            return false;
        }
        String wrong = layout2() ? readLayout2() : record.read(bytes, start + at, before());
        recordAt = at;
        if (wrong != null) {
            problem = wrong;
            sound = taken;
            return false;
        }
        record.place(
                buffer.getLong(RECORD_INDEX_OFFSET) + taken,
                buffer.getLong(layout2() ? CLOCK_NANOS_OFFSET : WALL_NANOS_OFFSET),
                buffer.getLong(layout2() ? CLOCK_NANOS_OFFSET + 8 : CLOCK_NANOS_OFFSET));
        at += layout2() ? 0 : record.length();
        taken++;
        return true;
    }

    private @Nullable RecordDifference before() {
        return buffer.getByte(VERSION_OFFSET) == LAYOUT_3 ? null : difference;
    }

    private @Nullable String readLayout2() {
        return record.readLayout2(
                bytes,
                start + HEADER_BYTES,
                buffer.getInt(RECORDS_OFFSET),
                length,
                buffer.getInt(VERSION_OFFSET) >>> 8);
    }

    /** What {@link #next} moved to; valid until the view is pointed elsewhere. */
    JournalRecord record() {
        return record;
    }

    /** Whether that is the frame's first. */
    boolean begins() {
        return taken == 1;
    }

    /** Offset of the record that was looked at last. */
    int recordOffset() {
        return layout2() ? 0 : recordAt;
    }

    /** What is wrong behind the last sound record; null where nothing is. */
    @Nullable String problem() {
        return problem;
    }

    /** Whether what was looked at last is a frame of a layout that this build does not know. */
    boolean otherLayout() {
        return otherLayout;
    }

    /** Whether every byte is there and fits its checksum, so that the chain can be looked at. */
    boolean whole() {
        return problem == null;
    }

    /** SHA-256 of the frame and all before it, copied. */
    byte[] chain() {
        int from = start + length - TRAILER_BYTES;
        return Arrays.copyOfRange(bytes, from, from + RecordChain.BYTES);
    }

    /** Whether its chain is the one that it has behind a frame with chain {@code before}. */
    boolean follows(byte[] before, Sha256 sha256) {
        sha256.reset();
        int body = length - TRAILER_BYTES - HEADER_BYTES;
        if (layout2()) {
            sha256.add(before, 0, before.length);
            sha256.add(bytes, start, HEADER_BYTES + body);
        } else {
            sha256.add(bytes, start + HEADER_BYTES, body);
            sha256.add(before, 0, before.length);
            sha256.add(bytes, start, HEADER_BYTES);
        }
        byte[] chain = new byte[RecordChain.BYTES];
        sha256.end(chain);
        int from = start + length - TRAILER_BYTES;
        return Arrays.equals(chain, 0, chain.length, bytes, from, from + chain.length);
    }
}
