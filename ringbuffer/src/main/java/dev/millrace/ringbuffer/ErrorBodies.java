package dev.millrace.ringbuffer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Error answers in both dialects, as JSON in UTF-8. Stateless; any thread.
 *
 * <ul>
 *   <li>OpenAI: {@code {"error":{"message":"…","type":"…","param":…,"code":…}}}; all four keys are
 *       always there, param and code as a string or null.
 *   <li>KServe: {@code {"error":"…"}}.
 * </ul>
 */
public final class ErrorBodies {
    private static final int FRAME_BYTES = 192;

    /** A control character: backslash, u and four digits. */
    private static final int MAX_BYTES_PER_CHAR = 6;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private ErrorBodies() {}

    /** Room that {@link #write} may need at most. */
    public static int maxBytes(String message, @Nullable String param) {
        int chars = message.length() + (param == null ? 0 : param.length());
        return FRAME_BYTES + MAX_BYTES_PER_CHAR * chars;
    }

    /**
     * Writes the body of an error answer.
     *
     * @param param the field at fault, or null; KServe's dialect has no place for it
     * @param into with {@link #maxBytes} free from {@code offset} on, or expandable
     * @return bytes written
     */
    public static int write(
            Route.Dialect dialect,
            RequestStatus status,
            String message,
            @Nullable String param,
            MutableDirectBuffer into,
            int offset) {
        int at = offset;
        if (dialect == Route.Dialect.KSERVE) {
            at += into.putStringWithoutLengthAscii(at, "{\"error\":");
            at = quoted(message, into, at);
        } else {
            at += into.putStringWithoutLengthAscii(at, "{\"error\":{\"message\":");
            at = quoted(message, into, at);
            at += into.putStringWithoutLengthAscii(at, ",\"type\":");
            at = quoted(status.type(), into, at);
            at += into.putStringWithoutLengthAscii(at, ",\"param\":");
            at = quoted(param, into, at);
            at += into.putStringWithoutLengthAscii(at, ",\"code\":");
            at = quoted(status.code(), into, at);
            into.putByte(at++, (byte) '}');
        }
        into.putByte(at++, (byte) '}');
        return at - offset;
    }

    /** The same as an array of its own, for paths where that does not matter. */
    public static byte[] encode(
            Route.Dialect dialect, RequestStatus status, String message, @Nullable String param) {
        byte[] room = new byte[maxBytes(message, param)];
        int length = write(dialect, status, message, param, new UnsafeBuffer(room), 0);
        return Arrays.copyOf(room, length);
    }

    /** A JSON string, or null; returns the end. */
    private static int quoted(@Nullable String text, MutableDirectBuffer into, int offset) {
        int at = offset;
        if (text == null) {
            return at + into.putStringWithoutLengthAscii(at, "null");
        }
        into.putByte(at++, (byte) '"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                at = ascii(c, into, at);
            } else if (!Character.isSurrogate(c)) {
                at = utf8(c, into, at);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                at = utf8(Character.toCodePoint(c, text.charAt(++i)), into, at);
            } else {
                // Half a pair has no UTF-8: what a decoder would show for it.
                at = utf8(0xFFFD, into, at);
            }
        }
        into.putByte(at++, (byte) '"');
        return at;
    }

    private static int ascii(char c, MutableDirectBuffer into, int offset) {
        int at = offset;
        if (c == '"' || c == '\\') {
            into.putByte(at++, (byte) '\\');
            into.putByte(at++, (byte) c);
        } else if (c == '\n') {
            at += into.putStringWithoutLengthAscii(at, "\\n");
        } else if (c < 0x20 || c == 0x7F) {
            at += into.putStringWithoutLengthAscii(at, "\\u00");
            into.putByte(at++, HEX[c >> 4]);
            into.putByte(at++, HEX[c & 0xF]);
        } else {
            into.putByte(at++, (byte) c);
        }
        return at;
    }

    private static int utf8(int codePoint, MutableDirectBuffer into, int offset) {
        int at = offset;
        if (codePoint < 0x800) {
            into.putByte(at++, (byte) (0xC0 | (codePoint >> 6)));
        } else {
            if (codePoint < 0x1_0000) {
                into.putByte(at++, (byte) (0xE0 | (codePoint >> 12)));
            } else {
                into.putByte(at++, (byte) (0xF0 | (codePoint >> 18)));
                into.putByte(at++, (byte) (0x80 | ((codePoint >> 12) & 0x3F)));
            }
            into.putByte(at++, (byte) (0x80 | ((codePoint >> 6) & 0x3F)));
        }
        into.putByte(at++, (byte) (0x80 | (codePoint & 0x3F)));
        return at;
    }
}
