package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.Route;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes what a slot keeps of a request beside its body, in the words of HTTP: decoders read it
 * there, the journal keeps it, and a replay may send it to an HTTP door. The protocol in the
 * request line is {@code AERON/1}. A line that does not fit is left out whole. Stateless; allocates
 * nothing.
 */
final class AeronHead {
    private static final byte[] POST = ascii("POST ");
    private static final byte[] KSERVE = ascii("/v2/models/");
    private static final byte[] VERSIONS = ascii("/versions/");
    private static final byte[] INFER = ascii("/infer");
    private static final byte[] PROTOCOL = ascii(" AERON/1");
    private static final byte[] COMPLETIONS = ascii(Route.OPENAI_COMPLETIONS.path());
    private static final byte[] CHAT = ascii(Route.OPENAI_CHAT.path());
    private static final byte[] EMBEDDINGS = ascii(Route.OPENAI_EMBEDDINGS.path());
    private static final byte[] CONTENT_LENGTH = ascii("content-length: ");
    private static final byte[] INFERENCE_HEADER = ascii("inference-header-content-length: ");
    private static final byte[] DEADLINE = ascii("x-request-deadline-ms: ");
    private static final byte[] HEX = ascii("0123456789ABCDEF");
    private static final int MAX_DIGITS = 10;
    private static final int LINE_END = 2;

    /** Fields that are kept, those that change an answer first. */
    private static final TextField[] KEPT = {
        TextField.IDEMPOTENCY_KEY,
        TextField.LAST_EVENT_ID,
        TextField.REQUEST_ID,
        TextField.TRACEPARENT
    };

    private static final byte[][] KEPT_NAMES = {
        ascii("idempotency-key: "),
        ascii("last-event-id: "),
        ascii("x-request-id: "),
        ascii("traceparent: ")
    };

    private AeronHead() {}

    /** Writes the head of a checked message. */
    static void write(DirectBuffer message, int at, Route route, PayloadBuffer head) {
        UnsafeBuffer to = head.buffer();
        int end = requestLine(message, at, route, to);
        end = number(CONTENT_LENGTH, RequestFrame.bodyLength(message, at), to, end);
        int json = RequestFrame.inferenceHeaderLength(message, at);
        if (json != RequestFrame.NO_INFERENCE_HEADER) {
            end = number(INFERENCE_HEADER, json, to, end);
        }
        long deadline = RequestFrame.deadlineMillis(message, at);
        if (deadline > 0) {
            end = number(DEADLINE, (int) deadline, to, end);
        }
        for (int i = 0; i < KEPT.length; i++) {
            end = text(message, at, KEPT[i], KEPT_NAMES[i], to, end);
        }
        head.length(end);
    }

    private static int requestLine(DirectBuffer message, int at, Route route, UnsafeBuffer to) {
        int end = bytes(POST, to, 0);
        switch (route) {
            case OPENAI_COMPLETIONS -> end = bytes(COMPLETIONS, to, end);
            case OPENAI_CHAT -> end = bytes(CHAT, to, end);
            case OPENAI_EMBEDDINGS -> end = bytes(EMBEDDINGS, to, end);
            case KSERVE_INFER -> {
                end = bytes(KSERVE, to, end);
                end = encoded(message, at, TextField.MODEL, to, end);
                if (RequestFrame.textLength(message, at, TextField.MODEL_VERSION) > 0) {
                    end = bytes(VERSIONS, to, end);
                    end = encoded(message, at, TextField.MODEL_VERSION, to, end);
                }
                end = bytes(INFER, to, end);
            }
        }
        return lineEnd(to, bytes(PROTOCOL, to, end));
    }

    /** As a segment of a path (RFC 3986): at most three bytes for each. */
    private static int encoded(
            DirectBuffer message, int at, TextField field, UnsafeBuffer to, int offset) {
        int from = textOffset(message, at, field);
        int length = RequestFrame.textLength(message, at, field);
        int end = offset;
        for (int i = 0; i < length; i++) {
            byte b = message.getByte(from + i);
            if (unreserved(b)) {
                to.putByte(end++, b);
            } else {
                to.putByte(end++, (byte) '%');
                to.putByte(end++, HEX[(b >> 4) & 0xF]);
                to.putByte(end++, HEX[b & 0xF]);
            }
        }
        return end;
    }

    private static boolean unreserved(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || b == '-'
                || b == '.'
                || b == '_'
                || b == '~';
    }

    private static int number(byte[] name, int value, UnsafeBuffer to, int offset) {
        if (offset + name.length + MAX_DIGITS + LINE_END > to.capacity()) {
            return offset;
        }
        int end = bytes(name, to, offset);
        end += to.putNaturalIntAscii(end, value);
        return lineEnd(to, end);
    }

    private static int text(
            DirectBuffer message,
            int at,
            TextField field,
            byte[] name,
            UnsafeBuffer to,
            int offset) {
        int length = RequestFrame.textLength(message, at, field);
        if (length == 0 || offset + name.length + length + LINE_END > to.capacity()) {
            return offset;
        }
        int end = bytes(name, to, offset);
        to.putBytes(end, message, textOffset(message, at, field), length);
        return lineEnd(to, end + length);
    }

    private static int lineEnd(UnsafeBuffer to, int end) {
        to.putByte(end, (byte) '\r');
        to.putByte(end + 1, (byte) '\n');
        return end + LINE_END;
    }

    private static int bytes(byte[] bytes, UnsafeBuffer to, int at) {
        to.putBytes(at, bytes);
        return at + bytes.length;
    }

    /** Where a text begins. */
    static int textOffset(DirectBuffer message, int at, TextField field) {
        int offset = at + RequestFrame.HEADER_BYTES;
        for (int i = 0; i < field.ordinal(); i++) {
            offset += RequestFrame.textLength(message, at, TextField.at(i));
        }
        return offset;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
