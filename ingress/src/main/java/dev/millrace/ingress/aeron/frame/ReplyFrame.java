package dev.millrace.ingress.aeron.frame;

import dev.millrace.ringbuffer.ReplySink.ContentType;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the door says: {@link Frame#ANSWER}, {@link Frame#EVENTS}, {@link Frame#END}, {@link
 * Frame#REFUSED}; 32 bytes, then bytes of the body.
 *
 * <pre>
 *  offset  bytes  field
 *       0      1  version, 1
 *       1      1  type
 *       2      2  status, a number of HTTP's
 *       4      1  media type: 0 none, 1 JSON, 2 event stream, 3 octets (JSON, then tensors)
 *       5      1  1 in the last frame of its request, else 0
 *       6      2  0
 *       8      8  correlation id
 *      16      4  bytes of JSON at the start of a KServe answer with binary tensors, else -1
 *      20      4  milliseconds after which to try again (Retry-After over HTTP), else 0
 *      24      4  bytes of the whole answer, of which this frame holds the next; -1 of a stream
 *      28      4  bytes in this frame, up to the end of the message
 *      32      .  those bytes
 * </pre>
 *
 * <p>An answer that does not fit a message comes in several, in order. A request gets any number of
 * EVENTS and then END, or ANSWERs, or one REFUSED; nothing follows the frame that is marked last.
 *
 * <p>Stateless accessors: any thread.
 */
public final class ReplyFrame {
    public static final int HEADER_BYTES = 32;

    /** Total length of what has no known end. */
    public static final int STREAM = -1;

    private static final int STATUS = 2;
    private static final int CONTENT_TYPE = 4;
    private static final int LAST = 5;
    private static final int INFERENCE_HEADER = 16;
    private static final int RETRY_AFTER = 20;
    private static final int TOTAL = 24;
    private static final int LENGTH = 28;
    private static final int ZERO_SHORT = 6;

    private ReplyFrame() {}

    /** Writes a header at the buffer's start. */
    public static void write(
            MutableDirectBuffer to,
            byte type,
            long correlation,
            int status,
            @Nullable ContentType contentType,
            int inferenceHeaderLength,
            int retryAfterMillis,
            int total) {
        to.putByte(Frame.VERSION_OFFSET, Frame.VERSION);
        to.putByte(Frame.TYPE_OFFSET, type);
        to.putShort(STATUS, (short) status, ByteOrder.LITTLE_ENDIAN);
        to.putByte(CONTENT_TYPE, code(contentType));
        to.putByte(LAST, (byte) 0);
        to.putShort(ZERO_SHORT, (short) 0);
        to.putLong(Frame.CORRELATION_OFFSET, correlation, ByteOrder.LITTLE_ENDIAN);
        to.putInt(INFERENCE_HEADER, inferenceHeaderLength, ByteOrder.LITTLE_ENDIAN);
        to.putInt(RETRY_AFTER, retryAfterMillis, ByteOrder.LITTLE_ENDIAN);
        to.putInt(TOTAL, total, ByteOrder.LITTLE_ENDIAN);
        to.putInt(LENGTH, 0);
    }

    /** Says how much this frame holds, and whether it is its request's last. */
    public static void part(MutableDirectBuffer to, int length, boolean last) {
        to.putInt(LENGTH, length, ByteOrder.LITTLE_ENDIAN);
        to.putByte(LAST, (byte) (last ? 1 : 0));
    }

    public static int status(DirectBuffer message, int at) {
        return message.getShort(at + STATUS, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }

    public static boolean last(DirectBuffer message, int at) {
        return message.getByte(at + LAST) == 1;
    }

    public static int contentType(DirectBuffer message, int at) {
        return message.getByte(at + CONTENT_TYPE);
    }

    public static int inferenceHeaderLength(DirectBuffer message, int at) {
        return message.getInt(at + INFERENCE_HEADER, ByteOrder.LITTLE_ENDIAN);
    }

    public static int retryAfterMillis(DirectBuffer message, int at) {
        return message.getInt(at + RETRY_AFTER, ByteOrder.LITTLE_ENDIAN);
    }

    public static int total(DirectBuffer message, int at) {
        return message.getInt(at + TOTAL, ByteOrder.LITTLE_ENDIAN);
    }

    public static int length(DirectBuffer message, int at) {
        return message.getInt(at + LENGTH, ByteOrder.LITTLE_ENDIAN);
    }

    private static byte code(@Nullable ContentType contentType) {
        return switch (contentType) {
            case null -> 0;
            case JSON -> 1;
            case EVENT_STREAM -> 2;
            case OCTET_STREAM -> 3;
        };
    }
}
