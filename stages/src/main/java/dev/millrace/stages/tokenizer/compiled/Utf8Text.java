package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;

/** Text in UTF-8 in an array that is kept between uses and grows to the longest one. */
public final class Utf8Text {
    private static final int FIRST_BYTES = 4 << 10;

    /** What a code unit without its partner becomes. */
    private static final int REPLACEMENT = 0xFFFD;

    private byte[] bytes = new byte[FIRST_BYTES];
    private int length;

    /** The array; it is another one after the text has grown. */
    public byte[] bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public void clear() {
        length = 0;
    }

    /** Forgets what lies behind {@code end}. */
    public void cut(int end) {
        length = end;
    }

    /** Makes room for {@code more} bytes behind the text. */
    public void reserve(int more) {
        int needed = Math.addExact(length, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(2L * length, 1 << 30)));
        }
    }

    public void addByte(int value) {
        if (length == bytes.length) {
            reserve(1);
        }
        bytes[length++] = (byte) value;
    }

    public void add(byte[] from, int begin, int end) {
        reserve(end - begin);
        System.arraycopy(from, begin, bytes, length, end - begin);
        length += end - begin;
    }

    public void addCodePoint(int codePoint) {
        if (codePoint < 0x80) {
            addByte(codePoint);
            return;
        }
        reserve(4);
        if (codePoint < 0x800) {
            bytes[length++] = (byte) (0xC0 | codePoint >> 6);
        } else {
            if (codePoint < 0x10000) {
                bytes[length++] = (byte) (0xE0 | codePoint >> 12);
            } else {
                bytes[length++] = (byte) (0xF0 | codePoint >> 18);
                bytes[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3F));
            }
            bytes[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3F));
        }
        bytes[length++] = (byte) (0x80 | (codePoint & 0x3F));
    }

    /** Appends UTF-16; half a surrogate pair becomes U+FFFD. */
    public void add(CharSequence text) {
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                addByte(c);
            } else if (!Character.isSurrogate(c)) {
                addCodePoint(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                addCodePoint(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                addCodePoint(REPLACEMENT);
            }
        }
    }

    /** The code point that begins at {@code at}; the text is well-formed. */
    static int codePoint(byte[] text, int at) {
        int lead = text[at];
        if (lead >= 0) {
            return lead;
        }
        int second = text[at + 1] & 0x3F;
        if (lead < (byte) 0xE0) {
            return (lead & 0x1F) << 6 | second;
        }
        int third = text[at + 2] & 0x3F;
        if (lead < (byte) 0xF0) {
            return (lead & 0x0F) << 12 | second << 6 | third;
        }
        return (lead & 0x07) << 18 | second << 12 | third << 6 | (text[at + 3] & 0x3F);
    }

    /** Where the code point that begins at {@code at} ends. */
    static int after(byte[] text, int at) {
        int lead = text[at];
        return lead >= 0
                ? at + 1
                : lead < (byte) 0xE0 ? at + 2 : lead < (byte) 0xF0 ? at + 3 : at + 4;
    }

    /** Where the code point that ends at {@code end} begins. */
    static int before(byte[] text, int end) {
        int at = end - 1;
        while ((text[at] & 0xC0) == 0x80) {
            at--;
        }
        return at;
    }
}
