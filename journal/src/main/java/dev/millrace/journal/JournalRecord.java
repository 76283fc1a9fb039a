package dev.millrace.journal;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A view of one record, and the layout that all records share. Little-endian; one thread.
 *
 * <pre>
 *   0  4  checksum       CRC-32C (RFC 3720, B.4) of all bytes behind it
 *   4  4  part length    n, of the part that the type lays out
 *   8  1  type           {@link RecordType#code()}
 *   9  1  zero
 *  10  2  flags          bit 0 {@link #LAST}, bit 1 {@link #HASHED}, bit 2 {@link #DIFFERS}; all
 *                        others 0
 *  12  4  zeros
 *  16  8  request id     0 in ENVIRONMENT, STEP and GAP
 *  24  n  part           {@link EnvironmentRecord}, {@link IngressRecord}, none for CANCEL,
 *                        {@link StepRecord}, {@link DecisionRecord}, {@link GapRecord},
 *                        {@link TokensRecord}, {@link TensorRecord}, {@link FailureRecord}
 *  24+n p padding        zeros, 0 to 7: the length is a multiple of 8
 * </pre>
 *
 * What {@link RecordDifference} stands for is put in its place before the part is looked at. Index
 * and times are its {@link JournalFrame}'s. Of a frame of layout 2 the record is the only one, and
 * its bytes before the part are others.
 *
 * <p>A reader refuses types and flags it does not know; nothing in a record is believed before the
 * checks of {@link #wrap} have passed.
 */
public final class JournalRecord {
    /** Flag of the record that is its request's last word. */
    public static final int LAST = 1;

    /** Flag of a record that holds the SHA-256 of its content instead ({@code journal.store}). */
    public static final int HASHED = 2;

    /** Flag of a record whose part is told by a {@link RecordDifference}. */
    static final int DIFFERS = 4;

    static final int CHECKSUM_OFFSET = 0;
    static final int PART_LENGTH_OFFSET = 4;
    static final int TYPE_OFFSET = 8;
    static final int FLAGS_OFFSET = 10;
    static final int ZEROS_OFFSET = 12;
    static final int REQUEST_ID_OFFSET = 16;

    /** Where the part begins. */
    static final int HEADER_BYTES = 24;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private final CRC32C crc = new CRC32C();
    private byte[] whole = new byte[0];
    private RecordType type = RecordType.CANCEL;
    private int flags;
    private long requestId;
    private int partBytes;
    private int length;
    private long recordIndex;
    private long wallNanos;
    private long clockNanos;

    /** The length of a record with a part of that size. */
    static int lengthOf(int partBytes) {
        return (HEADER_BYTES + partBytes + 7) & ~7;
    }

    /**
     * Points this view at bytes that may be anything, of a record by itself.
     *
     * @return null where they are a whole and sound record; otherwise what is wrong, and the view
     *     must not be read
     */
    @Nullable String wrap(byte[] bytes, int offset, int available) {
        String problem = bytesProblem(bytes, offset, available);
        return problem == null ? read(bytes, offset, null) : problem;
    }

    /** What can be said of a record whose meaning is not looked at: its length and checksum. */
    @Nullable String bytesProblem(byte[] bytes, int offset, int available) {
        if (available < HEADER_BYTES) {
            return "a record of " + available + " bytes; the smallest has " + HEADER_BYTES;
        }
        buffer.wrap(bytes, offset, available);
        int part = buffer.getInt(PART_LENGTH_OFFSET);
        if (part < 0 || part > available - HEADER_BYTES || lengthOf(part) > available) {
            return name() + ": a part of " + part + " bytes where there are " + available;
        }
        crc.reset();
        crc.update(bytes, offset + PART_LENGTH_OFFSET, lengthOf(part) - PART_LENGTH_OFFSET);
        return (int) crc.getValue() == buffer.getInt(CHECKSUM_OFFSET)
                ? null
                : name() + ": checksum does not match";
    }

    /** What the bytes say they are. */
    private String name() {
        RecordType said = RecordType.of(buffer.getByte(TYPE_OFFSET));
        return said == null ? "a record" : said.toString();
    }

    /** Length of the record there, whose bytes have no problem. */
    int lengthAt(byte[] bytes, int offset) {
        buffer.wrap(bytes, offset, HEADER_BYTES);
        return lengthOf(buffer.getInt(PART_LENGTH_OFFSET));
    }

    /**
     * As {@link #wrap}, where length and checksum are right.
     *
     * @param before the records of the frame before it; null where none can differ from another
     */
    @Nullable String read(byte[] bytes, int offset, @Nullable RecordDifference before) {
        length = lengthAt(bytes, offset);
        buffer.wrap(bytes, offset, length);
        partBytes = buffer.getInt(PART_LENGTH_OFFSET);
        requestId = buffer.getLong(REQUEST_ID_OFFSET);
        byte code = buffer.getByte(TYPE_OFFSET);
        short flagBits = buffer.getShort(FLAGS_OFFSET);
        if (buffer.getByte(TYPE_OFFSET + 1) != 0 || buffer.getInt(ZEROS_OFFSET) != 0) {
            return "no zeros where this build knows of nothing";
        }
        RecordType known = RecordType.of(code);
        if (before != null && known != null) {
            int part = offset + HEADER_BYTES;
            if ((flagBits & DIFFERS) == 0) {
                before.remember(known, bytes, part, partBytes);
            } else {
                String problem = before.problem(known, bytes, part, partBytes);
                if (problem != null) {
                    return problem;
                }
                makeWhole(known, bytes, part, before);
                flagBits &= ~DIFFERS;
            }
        }
        return describe(code, flagBits);
    }

    private void makeWhole(RecordType known, byte[] bytes, int part, RecordDifference before) {
        int stored = partBytes;
        partBytes = before.partBytes(bytes, part, stored);
        if (whole.length < lengthOf(partBytes)) {
            whole = new byte[lengthOf(partBytes)];
        }
        before.decode(known, bytes, part, stored, whole, HEADER_BYTES);
        buffer.wrap(whole, 0, HEADER_BYTES + partBytes);
    }

    /** The record of a frame of layout 2, whose part begins at that offset. */
    @Nullable String readLayout2(
            byte[] bytes, int partOffset, int partLength, int documentLength, int typeAndFlags) {
        length = documentLength;
        buffer.wrap(bytes, partOffset - HEADER_BYTES, HEADER_BYTES + partLength);
        partBytes = partLength;
        // What stands before the part there: its own offset 24 is its frame's.
        requestId = buffer.getLong(0);
        return describe((byte) typeAndFlags, (short) (typeAndFlags >>> 8));
    }

    private @Nullable String describe(byte code, short flagBits) {
        RecordType known = RecordType.of(code);
        if (known == null) {
            return "unknown type " + code;
        }
        type = known;
        flags = flagBits & 0xFFFF;
        return partProblem();
    }

    /** Where it stands, and since when. */
    void place(long index, long wall, long clock) {
        recordIndex = index;
        wallNanos = wall;
        clockNanos = clock;
    }

    private @Nullable String partProblem() {
        if ((flags & ~type.flags()) != 0) {
            return "flags 0x" + Integer.toHexString(flags) + " on " + type;
        }
        return switch (type) {
            case ENVIRONMENT -> EnvironmentRecord.problem(this);
            case INGRESS -> IngressRecord.problem(this);
            case CANCEL -> partBytes() == 0 ? null : "CANCEL with a part";
            case STEP -> StepRecord.problem(this);
            case GAP -> GapRecord.problem(this);
            case DECISION -> DecisionRecord.problem(this);
            case OUTPUT_TOKENS -> TokensRecord.problem(this);
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> TensorRecord.problem(this);
            case OUTPUT_FAILURE -> FailureRecord.problem(this);
        };
    }

    public RecordType type() {
        return type;
    }

    int flags() {
        return flags;
    }

    /** Whether this is its request's last word. */
    public boolean last() {
        return (flags & LAST) != 0;
    }

    /** Whether it holds the SHA-256 of its content instead. */
    public boolean hashed() {
        return (flags & HASHED) != 0;
    }

    /** Bytes from checksum to padding, as they are on record. */
    public int length() {
        return length;
    }

    /** Place in the run's total order. */
    public long recordIndex() {
        return recordIndex;
    }

    public long requestId() {
        return requestId;
    }

    /** Nanoseconds since the epoch, when the record was appended. */
    public long wallNanos() {
        return wallNanos;
    }

    /** Nanoseconds of the monotonic clock of the server that wrote the record. */
    public long clockNanos() {
        return clockNanos;
    }

    /** Bytes of the whole part; it begins at {@link #HEADER_BYTES} of {@link #buffer()}. */
    int partBytes() {
        return partBytes;
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** Bytes of the record, copied. */
    byte[] copy(int offset, int bytes) {
        byte[] copy = new byte[bytes];
        buffer.getBytes(offset, copy);
        return copy;
    }
}
