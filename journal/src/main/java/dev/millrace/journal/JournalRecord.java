package dev.millrace.journal;

import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A view of one record, and the layout that all records share. Little-endian; one thread.
 *
 * <pre>
 *   0  4  magic          "MRJN"
 *   4  1  version        2
 *   5  1  type           {@link RecordType#code()}
 *   6  2  flags          bit 0 {@link #LAST}, bit 1 {@link #HASHED}; all others 0
 *   8  4  length         of the whole record, from magic to checksum
 *  12  4  part length    of the part that the type lays out
 *  16  8  record index   0 for the ENVIRONMENT that begins a run, then counts up by one: the one
 *                        total order of the run, whichever thread appended
 *  24  8  request id     0 in ENVIRONMENT and STEP
 *  32  8  wall nanos     since the epoch, when the record was appended
 *  40  8  clock nanos    of the server's monotonic clock at that moment; never falls in a run
 *  48  n  part           {@link EnvironmentRecord}, {@link IngressRecord}, none for CANCEL,
 *                        {@link StepRecord}, {@link DecisionRecord}, {@link TokensRecord},
 *                        {@link TensorRecord}, {@link FailureRecord}
 *  48+n p padding        zeros, 0 to 7
 * len-36 32 chain        SHA-256 of the chain of the record before and of all bytes before
 *                        this field: {@link RecordChain}
 * len-4 4  checksum      CRC-32C (RFC 3720, B.4) of all bytes before it
 * </pre>
 *
 * The length is 4 modulo 8 and so never a power of two: no single flipped bit turns the length word
 * that the queue puts before a record into 0, which means "nothing was written here yet".
 *
 * <p>A reader refuses versions, types and flags it does not know; nothing in a record is believed
 * before the checks of {@link #wrap} have passed.
 */
public final class JournalRecord {
    /** Flag of the record that is its request's last word. */
    public static final int LAST = 1;

    /** Flag of a record that holds the SHA-256 of its content instead ({@code journal.store}). */
    public static final int HASHED = 2;

    /** The layout written by this build, and the only one it reads. */
    public static final int VERSION = 2;

    /** "MRJN" as a little-endian int. */
    static final int MAGIC = 0x4E4A524D;

    static final int MAGIC_OFFSET = 0;
    static final int VERSION_OFFSET = 4;
    static final int TYPE_OFFSET = 5;
    static final int FLAGS_OFFSET = 6;
    static final int LENGTH_OFFSET = 8;
    static final int PART_LENGTH_OFFSET = 12;
    static final int RECORD_INDEX_OFFSET = 16;
    static final int REQUEST_ID_OFFSET = 24;
    static final int WALL_NANOS_OFFSET = 32;
    static final int CLOCK_NANOS_OFFSET = 40;

    /** Where the part begins. */
    static final int HEADER_BYTES = 48;

    static final int CHECKSUM_BYTES = 4;

    /** Behind part and padding: chain and checksum. */
    static final int TRAILER_BYTES = RecordChain.BYTES + CHECKSUM_BYTES;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private RecordType type = RecordType.CANCEL;

    /** The length of a record with a part of that size. */
    static int lengthOf(int partBytes) {
        return ((HEADER_BYTES + partBytes + 7) & ~7) + TRAILER_BYTES;
    }

    /**
     * Points this view at bytes that may be anything.
     *
     * @return null where they are a whole and sound record; otherwise what is wrong, and the view
     *     must not be read
     */
    @Nullable String wrap(byte[] bytes, int offset, int length) {
        buffer.wrap(bytes, offset, length);
        String problem = headerProblem(buffer, length);
        if (problem == null && checksum(bytes, offset, length) != buffer.getInt(length - 4)) {
            problem = "checksum does not match";
        }
        if (problem != null) {
            return problem;
        }
        RecordType known = RecordType.of(buffer.getByte(TYPE_OFFSET));
        if (known == null) {
            return "unknown type " + buffer.getByte(TYPE_OFFSET);
        }
        type = known;
        return partProblem();
    }

    /**
     * What can be said from the first {@link #HEADER_BYTES} alone, so that no memory is taken for a
     * length that is a lie.
     *
     * @param length bytes that the queue says the record has
     */
    static @Nullable String headerProblem(DirectBuffer header, int length) {
        if (length < lengthOf(0)) {
            return "a record of " + length + " bytes; the smallest has " + lengthOf(0);
        }
        if (header.getInt(MAGIC_OFFSET) != MAGIC) {
            return "no record begins here (magic " + hex(header.getInt(MAGIC_OFFSET)) + ")";
        }
        if (header.getByte(VERSION_OFFSET) != VERSION) {
            return "layout version "
                    + header.getByte(VERSION_OFFSET)
                    + "; this build reads "
                    + VERSION;
        }
        if (header.getInt(LENGTH_OFFSET) != length) {
            return "length " + header.getInt(LENGTH_OFFSET) + " in " + length + " bytes";
        }
        int part = header.getInt(PART_LENGTH_OFFSET);
        if (part < 0 || part > length - lengthOf(0) || lengthOf(part) != length) {
            return "part of " + part + " bytes in a record of " + length;
        }
        return null;
    }

    private @Nullable String partProblem() {
        int flags = flags();
        if ((flags & ~type.flags()) != 0) {
            return "flags " + hex(flags) + " on " + type;
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

    private static int checksum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length - CHECKSUM_BYTES);
        return (int) crc.getValue();
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value);
    }

    public RecordType type() {
        return type;
    }

    int flags() {
        return buffer.getShort(FLAGS_OFFSET) & 0xFFFF;
    }

    /** Whether this is its request's last word. */
    public boolean last() {
        return (flags() & LAST) != 0;
    }

    /** Whether it holds the SHA-256 of its content instead. */
    public boolean hashed() {
        return (flags() & HASHED) != 0;
    }

    /** Bytes from magic to checksum. */
    public int length() {
        return buffer.capacity();
    }

    /** Place in the run's total order. */
    public long recordIndex() {
        return buffer.getLong(RECORD_INDEX_OFFSET);
    }

    public long requestId() {
        return buffer.getLong(REQUEST_ID_OFFSET);
    }

    /** Nanoseconds since the epoch. */
    public long wallNanos() {
        return buffer.getLong(WALL_NANOS_OFFSET);
    }

    /** Nanoseconds of the monotonic clock of the server that wrote the record. */
    public long clockNanos() {
        return buffer.getLong(CLOCK_NANOS_OFFSET);
    }

    /** Bytes of the part; it begins at {@link #HEADER_BYTES} of {@link #buffer()}. */
    int partBytes() {
        return buffer.getInt(PART_LENGTH_OFFSET);
    }

    DirectBuffer buffer() {
        return buffer;
    }

    /** SHA-256 of this record and all before it, copied. */
    public byte[] chain() {
        return copy(chainOffset(), RecordChain.BYTES);
    }

    private int chainOffset() {
        return length() - TRAILER_BYTES;
    }

    /** What its chain is made of, besides the chain of the record before. */
    void addTo(RecordChain chain) {
        chain.add(buffer.byteArray(), buffer.wrapAdjustment(), chainOffset());
    }

    /** Bytes of the record, copied. */
    byte[] copy(int offset, int bytes) {
        byte[] copy = new byte[bytes];
        buffer.getBytes(offset, copy);
        return copy;
    }
}
