package dev.millrace.journal;

import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A request as the door received it: all that is needed to put it into a request ring again.
 *
 * <p>Part, from {@link JournalRecord#HEADER_BYTES}; a text length of 0xFFFF stands for null:
 *
 * <pre>
 *   0  8  arrival clock nanos       of the monotonic clock
 *   8  8  arrival wall nanos        since the epoch
 *  16  8  caller id                 stands for the API key or the address; never the key itself
 *  24  4  inference header length   KServe's Inference-Header-Content-Length; -1 where absent
 *  28  1  route                     1 completions, 2 chat, 3 embeddings, 4 KServe infer
 *  29  1  zero
 *  30  2  client request id bytes   a
 *  32  2  traceparent bytes         b
 *  34  2  path model bytes          c
 *  36  2  path version bytes        d
 *  38  2  zero
 *  40  4  head bytes                e
 *  44  4  body bytes                f, also where the body is not stored
 *  48  a+b+c+d  texts, UTF-8
 *  ..  e  head                      request line and kept headers, CRLF after each, ISO-8859-1
 *  ..  f  body                      as the client sent it, after transfer decoding; its SHA-256
 *                                   in 32 bytes where the record is {@link JournalRecord#HASHED}
 * </pre>
 */
public final class IngressRecord {
    static final int ARRIVAL_CLOCK_NANOS_OFFSET = JournalRecord.HEADER_BYTES;
    static final int ARRIVAL_WALL_NANOS_OFFSET = JournalRecord.HEADER_BYTES + 8;
    static final int CALLER_ID_OFFSET = JournalRecord.HEADER_BYTES + 16;
    static final int INFERENCE_HEADER_LENGTH_OFFSET = JournalRecord.HEADER_BYTES + 24;
    static final int ROUTE_OFFSET = JournalRecord.HEADER_BYTES + 28;
    static final int CLIENT_REQUEST_ID_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 30;
    static final int TRACEPARENT_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 32;
    static final int PATH_MODEL_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 34;
    static final int PATH_VERSION_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 36;
    static final int HEAD_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 40;
    static final int BODY_BYTES_OFFSET = JournalRecord.HEADER_BYTES + 44;
    static final int TEXTS_OFFSET = JournalRecord.HEADER_BYTES + 48;

    private final JournalRecord record;
    private final DirectBuffer buffer;

    private IngressRecord(JournalRecord record) {
        this.record = record;
        this.buffer = record.buffer();
    }

    /**
     * Everything but the body. Reads only what the door wrote: decode may be writing the rest of
     * the context at this moment.
     *
     * @return offset at which the body follows
     */
    static int encode(RequestSlot slot, MutableDirectBuffer to) {
        RequestContext context = slot.context();
        to.putLong(ARRIVAL_CLOCK_NANOS_OFFSET, context.stamps.arrivalNanos());
        to.putLong(ARRIVAL_WALL_NANOS_OFFSET, context.arrivalEpochNanos);
        to.putLong(CALLER_ID_OFFSET, context.callerId);
        to.putInt(INFERENCE_HEADER_LENGTH_OFFSET, slot.inferenceHeaderLength);
        to.putInt(ROUTE_OFFSET, RecordCodes.of(context.route));
        to.putInt(PATH_VERSION_BYTES_OFFSET, 0);
        int at = TEXTS_OFFSET;
        at +=
                RecordText.putWithLength(
                        to, CLIENT_REQUEST_ID_BYTES_OFFSET, at, context.clientRequestId);
        at += RecordText.putWithLength(to, TRACEPARENT_BYTES_OFFSET, at, context.traceparent);
        at += RecordText.putWithLength(to, PATH_MODEL_BYTES_OFFSET, at, slot.pathModel);
        at += RecordText.putWithLength(to, PATH_VERSION_BYTES_OFFSET, at, slot.pathVersion);
        PayloadBuffer head = slot.head;
        to.putInt(HEAD_BYTES_OFFSET, head.length());
        to.putInt(BODY_BYTES_OFFSET, slot.body.length());
        to.putBytes(at, head.buffer(), 0, head.length());
        return at + head.length();
    }

    static @Nullable String problem(JournalRecord record) {
        if (record.partBytes() < TEXTS_OFFSET - JournalRecord.HEADER_BYTES) {
            return "INGRESS of " + record.partBytes() + " bytes";
        }
        IngressRecord ingress = new IngressRecord(record);
        if (RecordCodes.route(record.buffer().getByte(ROUTE_OFFSET)) == null) {
            return "unknown route " + record.buffer().getByte(ROUTE_OFFSET);
        }
        long head = record.buffer().getInt(HEAD_BYTES_OFFSET);
        long body = record.buffer().getInt(BODY_BYTES_OFFSET);
        long stored = record.hashed() ? Sha256.BYTES : body;
        long texts = (long) ingress.headOffset() - TEXTS_OFFSET;
        long fixed = TEXTS_OFFSET - JournalRecord.HEADER_BYTES;
        if (head < 0 || body < 0 || fixed + texts + head + stored != record.partBytes()) {
            return "head of %d and body of %d bytes in INGRESS of %d"
                    .formatted(head, body, record.partBytes());
        }
        return null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static IngressRecord of(JournalRecord record) {
        if (record.type() != RecordType.INGRESS) {
            throw new IllegalArgumentException(record.type() + " is not INGRESS");
        }
        return new IngressRecord(record);
    }

    private int textBytes(int lengthOffset) {
        return RecordText.bytes(lengthField(lengthOffset));
    }

    private int lengthField(int lengthOffset) {
        return buffer.getShort(lengthOffset) & 0xFFFF;
    }

    private int traceparentOffset() {
        return TEXTS_OFFSET + textBytes(CLIENT_REQUEST_ID_BYTES_OFFSET);
    }

    private int pathModelOffset() {
        return traceparentOffset() + textBytes(TRACEPARENT_BYTES_OFFSET);
    }

    private int pathVersionOffset() {
        return pathModelOffset() + textBytes(PATH_MODEL_BYTES_OFFSET);
    }

    private int headOffset() {
        return pathVersionOffset() + textBytes(PATH_VERSION_BYTES_OFFSET);
    }

    public Route route() {
        Route route = RecordCodes.route(buffer.getByte(ROUTE_OFFSET));
        if (route == null) {
            throw new IllegalStateException("read before it was checked");
        }
        return route;
    }

    /** Nanoseconds of the monotonic clock of the server that received it. */
    public long arrivalClockNanos() {
        return buffer.getLong(ARRIVAL_CLOCK_NANOS_OFFSET);
    }

    /** Nanoseconds since the epoch. */
    public long arrivalWallNanos() {
        return buffer.getLong(ARRIVAL_WALL_NANOS_OFFSET);
    }

    public long callerId() {
        return buffer.getLong(CALLER_ID_OFFSET);
    }

    /** -1 where the request had none. */
    public int inferenceHeaderLength() {
        return buffer.getInt(INFERENCE_HEADER_LENGTH_OFFSET);
    }

    public String clientRequestId() {
        return RecordText.text(buffer, TEXTS_OFFSET, textBytes(CLIENT_REQUEST_ID_BYTES_OFFSET));
    }

    public String traceparent() {
        return RecordText.text(buffer, traceparentOffset(), textBytes(TRACEPARENT_BYTES_OFFSET));
    }

    public @Nullable String pathModel() {
        return RecordText.get(buffer, pathModelOffset(), lengthField(PATH_MODEL_BYTES_OFFSET));
    }

    public @Nullable String pathVersion() {
        return RecordText.get(buffer, pathVersionOffset(), lengthField(PATH_VERSION_BYTES_OFFSET));
    }

    /** Request line and kept headers, CRLF after each. */
    public String head() {
        byte[] head = record.copy(headOffset(), buffer.getInt(HEAD_BYTES_OFFSET));
        return new String(head, StandardCharsets.ISO_8859_1);
    }

    public int bodyBytes() {
        return buffer.getInt(BODY_BYTES_OFFSET);
    }

    /** Whether the body is here, and not its SHA-256 alone. */
    public boolean bodyStored() {
        return !record.hashed();
    }

    /**
     * @throws IllegalStateException where the body is not stored
     */
    public byte[] body() {
        if (!bodyStored()) {
            throw new IllegalStateException("the body is not on record (journal.store: hash)");
        }
        return record.copy(bodyOffset(), bodyBytes());
    }

    /** Of the body, whether that is stored or not. */
    public byte[] bodySha256() {
        return bodyStored() ? Sha256.of(body()) : record.copy(bodyOffset(), Sha256.BYTES);
    }

    private int bodyOffset() {
        return headOffset() + buffer.getInt(HEAD_BYTES_OFFSET);
    }
}
