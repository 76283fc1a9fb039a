package dev.millrace.journal;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TensorRef;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A vector (OUTPUT_EMBEDDING) or an output tensor (OUTPUT_TENSOR).
 *
 * <p>The bytes are there up to {@code journal.max-output-bytes}, whole or not at all: of a larger
 * answer its SHA-256, so that a replay can be compared with any.
 *
 * <p>After the common fields of {@link OutputRecord}:
 *
 * <pre>
 *   0  1  datatype       position in KServe's list: 0 BOOL, 1 UINT8 … 11 FP32, 12 FP64
 *   1  1  rank           r
 *   2  2  name bytes     n
 *   4  4  stored bytes   s: all of the payload, or 0
 *   8  8  payload bytes
 *  16 32  SHA-256 of the payload; of one that is stored zeros will do, and are written
 *  48 8r  shape
 *  ..  n  name, UTF-8
 *  ..  s  payload, little-endian, row-major
 * </pre>
 */
public final class TensorRecord {
    private static final int DATATYPE = 0;
    private static final int RANK = 1;
    private static final int NAME_BYTES = 2;
    private static final int STORED_BYTES = 4;
    private static final int PAYLOAD_BYTES = 8;
    private static final int SHA256 = 16;
    private static final int SHAPE = 48;

    private final JournalRecord record;
    private final DirectBuffer buffer;
    private final int base;

    private TensorRecord(JournalRecord record) {
        this.record = record;
        this.buffer = record.buffer();
        this.base = OutputRecord.typeOffset(buffer);
    }

    /**
     * Everything but the payload.
     *
     * @param stored payload bytes that will follow
     * @param sha256 null where they are all of them
     * @return offset at which they follow
     */
    static int encode(
            ReplySlot slot,
            int payloadBytes,
            int stored,
            byte @Nullable [] sha256,
            MutableDirectBuffer to) {
        int base = OutputRecord.encode(slot, to);
        boolean vector = slot.kind == ReplySlot.Kind.EMBEDDING;
        TensorRef tensor = slot.tensor;
        int rank = vector ? 1 : tensor.rank;
        Datatype datatype = vector ? Datatype.FP32 : tensor.datatype;
        to.putByte(base + DATATYPE, (byte) datatype.ordinal());
        to.putByte(base + RANK, (byte) rank);
        to.putInt(base + STORED_BYTES, stored);
        to.putLong(base + PAYLOAD_BYTES, payloadBytes);
        if (sha256 == null) {
            to.setMemory(base + SHA256, Sha256.BYTES, (byte) 0);
        } else {
            to.putBytes(base + SHA256, sha256, 0, Sha256.BYTES);
        }
        for (int i = 0; i < rank; i++) {
            to.putLong(base + SHAPE + 8 * i, vector ? slot.count : tensor.shape[i]);
        }
        int at = base + SHAPE + 8 * rank;
        int nameBytes = vector ? 0 : RecordText.put(to, at, tensor.name);
        to.putShort(base + NAME_BYTES, (short) nameBytes);
        return at + nameBytes;
    }

    static @Nullable String problem(JournalRecord record) {
        String problem = OutputRecord.problem(record, SHAPE);
        if (problem != null) {
            return problem;
        }
        TensorRecord tensor = new TensorRecord(record);
        int datatype = record.buffer().getByte(tensor.base + DATATYPE);
        if (datatype < 0 || datatype >= Datatype.values().length) {
            return "unknown datatype " + datatype;
        }
        if (tensor.rank() > TensorRef.MAX_RANK) {
            return "rank " + tensor.rank() + "; at most " + TensorRef.MAX_RANK;
        }
        long stored = tensor.storedBytes();
        if (stored != 0 && stored != tensor.payloadBytes()) {
            return stored + " of " + tensor.payloadBytes() + " payload bytes";
        }
        long end = (long) tensor.payloadOffset() + stored;
        return stored < 0 || end != (long) JournalRecord.HEADER_BYTES + record.partBytes()
                ? "tensor ends at " + end + " in a part of " + record.partBytes() + " bytes"
                : null;
    }

    /** A view of a sound record of either type; valid as long as the record is. */
    public static TensorRecord of(JournalRecord record) {
        if (record.type() != RecordType.OUTPUT_TENSOR
                && record.type() != RecordType.OUTPUT_EMBEDDING) {
            throw new IllegalArgumentException(record.type() + " is neither vector nor tensor");
        }
        return new TensorRecord(record);
    }

    public Datatype datatype() {
        return Datatype.at(buffer.getByte(base + DATATYPE));
    }

    public int rank() {
        return buffer.getByte(base + RANK) & 0xFF;
    }

    public long[] shape() {
        long[] shape = new long[rank()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = buffer.getLong(base + SHAPE + 8 * i);
        }
        return shape;
    }

    /** Empty for a vector. */
    public String name() {
        return RecordText.text(buffer, nameOffset(), nameBytes());
    }

    private int nameBytes() {
        return OutputRecord.field(buffer, base + NAME_BYTES);
    }

    private int nameOffset() {
        return base + SHAPE + 8 * rank();
    }

    private int payloadOffset() {
        return nameOffset() + nameBytes();
    }

    /** Bytes of the answer's vector or tensor. */
    public long payloadBytes() {
        return buffer.getLong(base + PAYLOAD_BYTES);
    }

    /** Whether the payload itself is on record, not its digest alone. */
    boolean whole() {
        return storedBytes() == payloadBytes();
    }

    /** Fills a reply that has room for the payload with what its lane published. */
    void copyTo(ReplySlot slot) {
        int bytes = storedBytes();
        if (slot.kind == ReplySlot.Kind.EMBEDDING) {
            slot.count = bytes / Float.BYTES;
        } else {
            slot.count = bytes;
            TensorRef tensor = slot.tensor;
            tensor.name = name();
            tensor.datatype = datatype();
            tensor.rank = rank();
            for (int i = 0; i < tensor.rank; i++) {
                tensor.shape[i] = buffer.getLong(base + SHAPE + 8 * i);
            }
        }
        slot.payload.buffer().putBytes(0, buffer, payloadOffset(), bytes);
    }

    private int storedBytes() {
        return buffer.getInt(base + STORED_BYTES);
    }

    /** Of the payload, whether that is stored or not. */
    public byte[] sha256() {
        byte[] payload = payload();
        return payload == null ? record.copy(base + SHA256, Sha256.BYTES) : Sha256.of(payload);
    }

    /** The payload, or null where only its digest was recorded. */
    public byte @Nullable [] payload() {
        return whole() ? record.copy(payloadOffset(), storedBytes()) : null;
    }
}
