package dev.millrace.journal;

import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The end of a request that was refused, failed or cancelled.
 *
 * <p>After the common fields of {@link OutputRecord}:
 *
 * <pre>
 *   0  2  HTTP status
 *   2  2  status bytes          a
 *   4  4  retry after, millis   0 where the answer names none
 *   8  2  message bytes         b
 *  10  2  param bytes           c, or 0xFFFF for null
 *  12  a  status, the name of a {@link RequestStatus}
 *  ..  b+c  message and param, UTF-8; no message where the record is {@link
 *           JournalRecord#HASHED}
 * </pre>
 */
public final class FailureRecord {
    private static final int HTTP_STATUS = 0;
    private static final int STATUS_BYTES = 2;
    private static final int RETRY_AFTER_MILLIS = 4;
    private static final int MESSAGE_BYTES = 8;
    private static final int PARAM_BYTES = 10;
    private static final int TEXTS = 12;

    private final DirectBuffer buffer;
    private final int base;

    private FailureRecord(JournalRecord record) {
        this.buffer = record.buffer();
        this.base = OutputRecord.typeOffset(buffer);
    }

    /**
     * Writes the whole part.
     *
     * @param hashed leaves out the message, which may quote what the client sent
     * @return where it ends
     */
    static int encode(ReplySlot slot, boolean hashed, MutableDirectBuffer to) {
        RequestContext context = slot.context();
        int base = OutputRecord.encode(slot, to);
        to.putShort(base + HTTP_STATUS, (short) context.status.httpStatus());
        to.putInt(base + RETRY_AFTER_MILLIS, context.retryAfterMillis);
        int at = base + TEXTS;
        at += RecordText.putWithLength(to, base + STATUS_BYTES, at, context.status.name());
        at +=
                RecordText.putWithLength(
                        to, base + MESSAGE_BYTES, at, hashed ? "" : context.errorMessage);
        at += RecordText.putWithLength(to, base + PARAM_BYTES, at, context.errorParam);
        return at;
    }

    static @Nullable String problem(JournalRecord record) {
        String problem = OutputRecord.problem(record, TEXTS);
        if (problem != null) {
            return problem;
        }
        FailureRecord failure = new FailureRecord(record);
        int end = failure.paramOffset() + RecordText.bytes(failure.field(PARAM_BYTES));
        return end != JournalRecord.HEADER_BYTES + record.partBytes()
                ? "failure ends at " + end + " in a part of " + record.partBytes() + " bytes"
                : null;
    }

    /** A view of a sound record of that type; valid as long as the record is. */
    public static FailureRecord of(JournalRecord record) {
        if (record.type() != RecordType.OUTPUT_FAILURE) {
            throw new IllegalArgumentException(record.type() + " is not OUTPUT_FAILURE");
        }
        return new FailureRecord(record);
    }

    private int field(int offset) {
        return OutputRecord.field(buffer, base + offset);
    }

    private int messageOffset() {
        return base + TEXTS + RecordText.bytes(field(STATUS_BYTES));
    }

    private int paramOffset() {
        return messageOffset() + RecordText.bytes(field(MESSAGE_BYTES));
    }

    public int httpStatus() {
        return field(HTTP_STATUS);
    }

    /** The name of a {@link RequestStatus}, of the build that wrote the record. */
    public String status() {
        return RecordText.text(buffer, base + TEXTS, RecordText.bytes(field(STATUS_BYTES)));
    }

    /** Whether the client went away, which is nobody's failure. */
    public boolean cancelled() {
        return httpStatus() == RequestStatus.CANCELLED.httpStatus();
    }

    public int retryAfterMillis() {
        return buffer.getInt(base + RETRY_AFTER_MILLIS);
    }

    public String message() {
        return RecordText.text(buffer, messageOffset(), RecordText.bytes(field(MESSAGE_BYTES)));
    }

    public @Nullable String param() {
        return RecordText.get(buffer, paramOffset(), field(PARAM_BYTES));
    }
}
