package dev.millrace.stages.reply;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * JSON (RFC 8259) straight into bytes: commas are put where they belong, strings are escaped as far
 * as the RFC demands, and nothing is allocated but while the buffer grows.
 *
 * <p>A float is written with the fewest digits that read back as the same float. RFC 8259 has no
 * word for a value that is not finite; it is written as the string {@code "NaN"}, {@code
 * "Infinity"} or {@code "-Infinity"}, as in protobuf's JSON mapping.
 */
final class JsonWriter {
    private static final byte[] HEX = ascii("0123456789abcdef");
    private static final byte[] BASE64 =
            ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    private static final byte[] NULL = ascii("null");
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");
    private static final int MAX_DIGITS = 20;

    private final GrowingBytes out;
    private final byte[] digits = new byte[MAX_DIGITS];
    private final StringBuilder decimal = new StringBuilder(32);
    private boolean comma;

    JsonWriter(GrowingBytes out) {
        this.out = out;
    }

    /** A new document, wherever the last one was left. */
    JsonWriter begin() {
        comma = false;
        return this;
    }

    JsonWriter beginObject() {
        return open('{');
    }

    JsonWriter endObject() {
        return close('}');
    }

    JsonWriter beginArray() {
        return open('[');
    }

    JsonWriter endArray() {
        return close(']');
    }

    /** A member's name; plain ASCII without quotes. */
    JsonWriter name(String name) {
        separate();
        out.add((byte) '"');
        plain(name);
        out.add((byte) '"');
        out.add((byte) ':');
        comma = false;
        return this;
    }

    /** A member's name of well-formed UTF-8. */
    JsonWriter name(GrowingBytes utf8) {
        string(utf8);
        out.add((byte) ':');
        comma = false;
        return this;
    }

    JsonWriter string(String value) {
        separate();
        out.add((byte) '"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 0x80) {
                escaped((byte) c);
            } else {
                i = wide(value, i);
            }
        }
        out.add((byte) '"');
        comma = true;
        return this;
    }

    /** A string of well-formed UTF-8. */
    JsonWriter string(GrowingBytes utf8) {
        separate();
        out.add((byte) '"');
        for (int i = 0; i < utf8.length(); i++) {
            escaped(utf8.at(i));
        }
        out.add((byte) '"');
        comma = true;
        return this;
    }

    JsonWriter number(long value) {
        separate();
        if (value < 0) {
            out.add((byte) '-');
            // The magnitude of Long.MIN_VALUE is right as an unsigned number.
            magnitude(-value);
        } else {
            magnitude(value);
        }
        comma = true;
        return this;
    }

    JsonWriter unsigned(long value) {
        separate();
        magnitude(value);
        comma = true;
        return this;
    }

    JsonWriter number(float value) {
        if (!Float.isFinite(value)) {
            return string(Float.toString(value));
        }
        decimal.setLength(0);
        decimal.append(value);
        return decimal();
    }

    JsonWriter number(double value) {
        if (!Double.isFinite(value)) {
            return string(Double.toString(value));
        }
        decimal.setLength(0);
        decimal.append(value);
        return decimal();
    }

    /** A string that holds bytes as base64 (RFC 4648, section 4, with padding). */
    JsonWriter base64(DirectBuffer bytes, int offset, int length) {
        separate();
        out.add((byte) '"');
        int end = offset + length;
        int at = offset;
        for (; at + 2 < end; at += 3) {
            quartet(bytes.getByte(at), bytes.getByte(at + 1), bytes.getByte(at + 2), 4);
        }
        if (at + 1 < end) {
            quartet(bytes.getByte(at), bytes.getByte(at + 1), 0, 3);
        } else if (at < end) {
            quartet(bytes.getByte(at), 0, 0, 2);
        }
        out.add((byte) '"');
        comma = true;
        return this;
    }

    private void quartet(int first, int second, int third, int digitCount) {
        int bits = (first & 0xFF) << 16 | (second & 0xFF) << 8 | (third & 0xFF);
        for (int i = 0; i < 4; i++) {
            out.add(i < digitCount ? BASE64[(bits >> (18 - 6 * i)) & 0x3F] : (byte) '=');
        }
    }

    JsonWriter bool(boolean value) {
        return word(value ? TRUE : FALSE);
    }

    JsonWriter nullValue() {
        return word(NULL);
    }

    /** A value, or the inside of an object or array, that is JSON already. */
    JsonWriter raw(GrowingBytes json) {
        separate();
        out.add(json);
        comma = true;
        return this;
    }

    private JsonWriter decimal() {
        separate();
        for (int i = 0; i < decimal.length(); i++) {
            out.add((byte) decimal.charAt(i));
        }
        comma = true;
        return this;
    }

    private JsonWriter word(byte[] word) {
        separate();
        out.add(word, 0, word.length);
        comma = true;
        return this;
    }

    private JsonWriter open(char bracket) {
        separate();
        out.add((byte) bracket);
        comma = false;
        return this;
    }

    private JsonWriter close(char bracket) {
        out.add((byte) bracket);
        comma = true;
        return this;
    }

    private void separate() {
        if (comma) {
            out.add((byte) ',');
        }
    }

    private void plain(String ascii) {
        out.add(ascii);
    }

    /** One byte of UTF-8: only quote, backslash and control characters need a word of their own. */
    private void escaped(byte b) {
        if (b == '"' || b == '\\') {
            out.add((byte) '\\');
            out.add(b);
        } else if (b == '\n') {
            plain("\\n");
        } else if (b >= 0 && b < 0x20) {
            plain("\\u00");
            out.add(HEX[b >> 4]);
            out.add(HEX[b & 0xF]);
        } else {
            out.add(b);
        }
    }

    /** The code point at {@code index}, which is not ASCII; returns the index of its last char. */
    private int wide(String value, int index) {
        int codePoint = value.codePointAt(index);
        if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
            // Half a pair has no UTF-8.
            Utf8.encode(Utf8.REPLACEMENT, out);
            return index;
        }
        Utf8.encode(codePoint, out);
        return index + Character.charCount(codePoint) - 1;
    }

    private void magnitude(long value) {
        int at = MAX_DIGITS;
        long rest = value;
        do {
            long quotient = Long.divideUnsigned(rest, 10);
            digits[--at] = (byte) ('0' + (rest - quotient * 10));
            rest = quotient;
        } while (rest != 0);
        out.add(digits, at, MAX_DIGITS - at);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
