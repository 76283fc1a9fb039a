package dev.millrace.journal;

import java.util.Arrays;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A {@link JournalFrame} that is being made: records are composed in {@link #scratch()} and added
 * one by one; {@link JournalWriter} gives the frame its place and chain. One thread.
 */
final class FrameBuilder {
    /** Composed parts are smaller: four texts of 4 KiB and a head, or the environment's text. */
    static final int COMPOSED_BYTES = 64 << 10;

    /** An array that had to become larger is not kept. */
    private static final int KEPT_BYTES = 256 << 10;

    // On the heap: a MessageDigest would copy anything else.
    private byte[] bytes = new byte[KEPT_BYTES];
    private final UnsafeBuffer frame = new UnsafeBuffer(bytes);
    private final UnsafeBuffer scratch = new UnsafeBuffer(0, 0);
    private final CRC32C crc = new CRC32C();
    private final Sha256 sha256 = new Sha256();
    private final RecordDifference difference = new RecordDifference();
    private int end = JournalFrame.HEADER_BYTES;
    private int records;

    /** Where the next record is composed, at the offsets of its layout. */
    MutableDirectBuffer scratch() {
        ensure(COMPOSED_BYTES);
        scratch.wrap(bytes, end, bytes.length - end);
        return scratch;
    }

    private void ensure(int more) {
        int needed = end + more + JournalFrame.TRAILER_BYTES;
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, 2 * bytes.length));
            frame.wrap(bytes);
        }
    }

    /**
     * Adds the record that was composed.
     *
     * @param composedEnd where the composed bytes end, counted from the record's beginning
     * @param bulk goes behind them, from its offset 0
     */
    void add(
            RecordType type,
            int flags,
            long requestId,
            int composedEnd,
            DirectBuffer bulk,
            int bulkBytes) {
        int composed = composedEnd - JournalRecord.HEADER_BYTES;
        int whole = composed + bulkBytes;
        ensure(JournalRecord.lengthOf(whole));
        int part = end + JournalRecord.HEADER_BYTES;
        bulk.getBytes(0, bytes, part + composed, bulkBytes);
        zeros(part + whole);
        int beginning = Math.min(whole, RecordDifference.MOST_BYTES);
        int stored = difference.encode(type, bytes, part, beginning);
        boolean differs = stored < beginning;
        int partBytes = whole - beginning + stored;
        if (differs) {
            System.arraycopy(bytes, part + beginning, bytes, part + stored, whole - beginning);
            zeros(part + partBytes);
        }
        int length = JournalRecord.lengthOf(partBytes);
        frame.putInt(end + JournalRecord.PART_LENGTH_OFFSET, partBytes);
        frame.putByte(end + JournalRecord.TYPE_OFFSET, (byte) type.code());
        frame.putByte(end + JournalRecord.TYPE_OFFSET + 1, (byte) 0);
        int more = differs ? JournalRecord.DIFFERS : 0;
        frame.putShort(end + JournalRecord.FLAGS_OFFSET, (short) (flags | more));
        frame.putInt(end + JournalRecord.ZEROS_OFFSET, 0);
        frame.putLong(end + JournalRecord.REQUEST_ID_OFFSET, requestId);
        int summed = end + JournalRecord.PART_LENGTH_OFFSET;
        frame.putInt(end + JournalRecord.CHECKSUM_OFFSET, sum(summed, end + length - summed));
        end += length;
        records++;
    }

    /** Up to the next word of the frame, whose records begin at words. */
    private void zeros(int from) {
        for (int i = from; (i & 7) != 0; i++) {
            bytes[i] = 0;
        }
    }

    private int sum(int from, int count) {
        crc.reset();
        crc.update(bytes, from, count);
        return (int) crc.getValue();
    }

    int records() {
        return records;
    }

    /** Of the records added. */
    int recordBytes() {
        return end - JournalFrame.HEADER_BYTES;
    }

    /** Of the whole frame. */
    int length() {
        return end + JournalFrame.TRAILER_BYTES;
    }

    /** Before the write lock is taken: what does not depend on what others append. */
    void hash() {
        sha256.reset();
        sha256.add(bytes, JournalFrame.HEADER_BYTES, recordBytes());
    }

    /** Under the write lock: the frame's place, and its chain behind {@code order}'s head. */
    byte[] seal(RecordOrder order) {
        frame.putInt(JournalFrame.MAGIC_OFFSET, JournalFrame.MAGIC);
        frame.putInt(JournalFrame.VERSION_OFFSET, JournalFrame.VERSION);
        frame.putInt(JournalFrame.LENGTH_OFFSET, length());
        frame.putInt(JournalFrame.RECORDS_OFFSET, records);
        frame.putLong(JournalFrame.RECORD_INDEX_OFFSET, order.nextRecordIndex());
        frame.putLong(JournalFrame.WALL_NANOS_OFFSET, order.wallNanos());
        frame.putLong(JournalFrame.CLOCK_NANOS_OFFSET, order.clockNanos());
        frame.putInt(JournalFrame.CHECKSUM_OFFSET - 4, 0);
        frame.putInt(JournalFrame.CHECKSUM_OFFSET, sum(0, JournalFrame.CHECKSUM_OFFSET));
        System.arraycopy(order.chain().link(sha256, bytes), 0, bytes, end, RecordChain.BYTES);
        frame.putInt(end + RecordChain.BYTES, sum(end, RecordChain.BYTES));
        return bytes;
    }

    /** Forgets what was added. */
    void clear() {
        end = JournalFrame.HEADER_BYTES;
        records = 0;
        difference.clear();
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[KEPT_BYTES];
            frame.wrap(bytes);
        }
    }
}
