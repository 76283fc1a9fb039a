package dev.millrace.ingress.aeron.frame;

import dev.millrace.ringbuffer.Route;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Frame#REQUEST}: 40 bytes, texts, body.
 *
 * <pre>
 *  offset  bytes  field
 *       0      1  version, 1
 *       1      1  type, 1
 *       2      1  route: 0 completions, 1 chat completions, 2 embeddings, 3 KServe infer
 *       3      1  0
 *       4      4  bytes of JSON at the start of a KServe body with binary tensors
 *                 (Inference-Header-Content-Length over HTTP); -1 for a body that is JSON alone
 *       8      8  correlation id
 *      16      4  milliseconds after which the answer is worth nothing; 0 for never
 *      20     14  seven lengths of 2 bytes: {@link TextField}s in their order, 0 for none
 *      34      2  0
 *      36      4  bytes of body
 *      40      .  the texts, one behind the other
 *       .      .  the body, as over HTTP; it ends where the message ends
 * </pre>
 *
 * <p>Stateless accessors: any thread.
 */
public final class RequestFrame {
    public static final int HEADER_BYTES = 40;

    private static final int ROUTE = 2;
    private static final int ZERO_BYTE = 3;
    private static final int INFERENCE_HEADER = 4;
    private static final int DEADLINE = 16;
    private static final int TEXT_LENGTHS = 20;
    private static final int ZERO_SHORT = 34;
    private static final int BODY_LENGTH = 36;
    private static final Route[] ROUTES = {
        Route.OPENAI_COMPLETIONS, Route.OPENAI_CHAT, Route.OPENAI_EMBEDDINGS, Route.KSERVE_INFER
    };

    /** What stands in a frame for no inference header. */
    public static final int NO_INFERENCE_HEADER = -1;

    private RequestFrame() {}

    // ---- Reading. The message has at least HEADER_BYTES.

    /** The route, or null where the byte names none. */
    public static @Nullable Route route(DirectBuffer message, int at) {
        int code = routeCode(message, at);
        return code < ROUTES.length ? ROUTES[code] : null;
    }

    public static int routeCode(DirectBuffer message, int at) {
        return message.getByte(at + ROUTE) & 0xFF;
    }

    /** Whether the bytes that must be 0 are. */
    public static boolean plain(DirectBuffer message, int at) {
        return message.getByte(at + ZERO_BYTE) == 0 && message.getShort(at + ZERO_SHORT) == 0;
    }

    public static int inferenceHeaderLength(DirectBuffer message, int at) {
        return message.getInt(at + INFERENCE_HEADER, ByteOrder.LITTLE_ENDIAN);
    }

    /** As unsigned number: what does not fit an int is beyond every limit. */
    public static long deadlineMillis(DirectBuffer message, int at) {
        return message.getInt(at + DEADLINE, ByteOrder.LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }

    public static int textLength(DirectBuffer message, int at, TextField field) {
        return message.getShort(
                        at + TEXT_LENGTHS + Short.BYTES * field.ordinal(), ByteOrder.LITTLE_ENDIAN)
                & 0xFFFF;
    }

    /** Bytes of all texts. */
    public static int textLengths(DirectBuffer message, int at) {
        int sum = 0;
        for (int i = 0; i < TextField.COUNT; i++) {
            sum += textLength(message, at, TextField.at(i));
        }
        return sum;
    }

    public static int bodyLength(DirectBuffer message, int at) {
        return message.getInt(at + BODY_LENGTH, ByteOrder.LITTLE_ENDIAN);
    }

    // ---- Writing.

    /** Writes all that has a fixed place, without texts. */
    public static void begin(
            MutableDirectBuffer to,
            Route route,
            int inferenceHeaderLength,
            long correlation,
            int deadlineMillis,
            int bodyLength) {
        to.putByte(Frame.VERSION_OFFSET, Frame.VERSION);
        to.putByte(Frame.TYPE_OFFSET, Frame.REQUEST);
        to.putByte(ROUTE, code(route));
        to.putByte(ZERO_BYTE, (byte) 0);
        to.putInt(INFERENCE_HEADER, inferenceHeaderLength, ByteOrder.LITTLE_ENDIAN);
        to.putLong(Frame.CORRELATION_OFFSET, correlation, ByteOrder.LITTLE_ENDIAN);
        to.putInt(DEADLINE, deadlineMillis, ByteOrder.LITTLE_ENDIAN);
        to.setMemory(TEXT_LENGTHS, BODY_LENGTH - TEXT_LENGTHS, (byte) 0);
        to.putInt(BODY_LENGTH, bodyLength, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Adds a text; in the order of the fields.
     *
     * @param at where the texts so far end
     * @return where they end with this one
     */
    public static int text(MutableDirectBuffer to, int at, TextField field, byte[] text) {
        to.putShort(
                TEXT_LENGTHS + Short.BYTES * field.ordinal(),
                (short) text.length,
                ByteOrder.LITTLE_ENDIAN);
        to.putBytes(at, text);
        return at + text.length;
    }

    /** Writes a {@link Frame#CANCEL}, of {@link Frame#MIN_BYTES}. */
    public static void cancel(MutableDirectBuffer to, long correlation) {
        to.setMemory(0, Frame.MIN_BYTES, (byte) 0);
        to.putByte(Frame.VERSION_OFFSET, Frame.VERSION);
        to.putByte(Frame.TYPE_OFFSET, Frame.CANCEL);
        to.putLong(Frame.CORRELATION_OFFSET, correlation, ByteOrder.LITTLE_ENDIAN);
    }

    private static byte code(Route route) {
        return switch (route) {
            case OPENAI_COMPLETIONS -> 0;
            case OPENAI_CHAT -> 1;
            case OPENAI_EMBEDDINGS -> 2;
            case KSERVE_INFER -> 3;
        };
    }
}
