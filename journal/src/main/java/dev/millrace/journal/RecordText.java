package dev.millrace.journal;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** Short texts inside a record: UTF-8, with their length in a field of 16 bits elsewhere. */
final class RecordText {
    /** Longer texts are cut, at a whole code point. */
    static final int MAX_BYTES = 4096;

    /** The length that stands for null. */
    static final int NULL = 0xFFFF;

    private RecordText() {}

    /**
     * Writes a text without garbage. An unpaired surrogate becomes '?', as in {@link
     * String#getBytes(java.nio.charset.Charset)}.
     *
     * @return bytes written
     */
    static int put(MutableDirectBuffer to, int offset, @Nullable String text) {
        if (text == null) {
            return 0;
        }
        int at = offset;
        int end = offset + MAX_BYTES;
        for (int i = 0; i < text.length(); i++) {
            int codePoint = text.codePointAt(i);
            if (Character.isSupplementaryCodePoint(codePoint)) {
                i++;
            } else if (Character.isSurrogate((char) codePoint)) {
                codePoint = '?';
            }
            if (at + bytesOf(codePoint) > end) {
                break;
            }
            at += putCodePoint(to, at, codePoint);
        }
        return at - offset;
    }

    /**
     * As {@link #put}, and writes the length into its field.
     *
     * @return bytes written at {@code offset}
     */
    static int putWithLength(
            MutableDirectBuffer to, int lengthOffset, int offset, @Nullable String text) {
        int bytes = put(to, offset, text);
        to.putShort(lengthOffset, (short) (text == null ? NULL : bytes));
        return bytes;
    }

    private static int bytesOf(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    private static int putCodePoint(MutableDirectBuffer to, int at, int codePoint) {
        int bytes = bytesOf(codePoint);
        if (bytes == 1) {
            to.putByte(at, (byte) codePoint);
            return 1;
        }
        int rest = codePoint;
        for (int i = bytes - 1; i > 0; i--) {
            to.putByte(at + i, (byte) (0x80 | (rest & 0x3F)));
            rest >>>= 6;
        }
        // 110xxxxx, 1110xxxx, 11110xxx.
        to.putByte(at, (byte) (((0xF00 >> bytes) & 0xFF) | rest));
        return bytes;
    }

    /** The bytes that a length field announces. */
    static int bytes(int lengthField) {
        return lengthField == NULL ? 0 : lengthField;
    }

    static @Nullable String get(DirectBuffer from, int offset, int lengthField) {
        return lengthField == NULL ? null : text(from, offset, lengthField);
    }

    static String text(DirectBuffer from, int offset, int bytes) {
        byte[] copy = new byte[bytes];
        from.getBytes(offset, copy);
        return new String(copy, StandardCharsets.UTF_8);
    }
}
