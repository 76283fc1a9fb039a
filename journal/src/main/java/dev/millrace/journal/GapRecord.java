package dev.millrace.journal;

import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Records that should stand before this one, anywhere behind the GAP or ENVIRONMENT before it, and
 * could not be written. Belongs to no request; the header's request id is 0.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}:
 *
 * <pre>
 *   0  8  records         at least 1
 *   8  8  1 where requests were served all the same, 0 where they were refused
 * </pre>
 */
public final class GapRecord {
    private static final int RECORDS_OFFSET = JournalRecord.HEADER_BYTES;
    private static final int SERVED_OFFSET = JournalRecord.HEADER_BYTES + 8;
    private static final int PART_BYTES = 16;

    private final JournalRecord record;

    private GapRecord(JournalRecord record) {
        this.record = record;
    }

    /**
     * Writes the whole part.
     *
     * @return where it ends
     */
    static int encode(long records, boolean served, MutableDirectBuffer to) {
        to.putLong(RECORDS_OFFSET, records);
        to.putLong(SERVED_OFFSET, served ? 1 : 0);
        return RECORDS_OFFSET + PART_BYTES;
    }

    static @Nullable String problem(JournalRecord record) {
        if (record.partBytes() != PART_BYTES || record.requestId() != 0) {
            return "GAP of " + record.partBytes() + " bytes";
        }
        long records = new GapRecord(record).records();
        long served = record.buffer().getLong(SERVED_OFFSET);
        return records < 1 || (served & ~1) != 0
                ? "GAP of " + records + " records, served " + served
                : null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static GapRecord of(JournalRecord record) {
        if (record.type() != RecordType.GAP) {
            throw new IllegalArgumentException(record.type() + " is not GAP");
        }
        return new GapRecord(record);
    }

    /** Whether requests were served that are not on record; else they were refused. */
    public boolean served() {
        return record.buffer().getLong(SERVED_OFFSET) != 0;
    }

    /** How many were not written. */
    public long records() {
        return record.buffer().getLong(RECORDS_OFFSET);
    }
}
