package dev.millrace.stages.decode;

/** Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    /** Index of the first byte that belongs to no character, or -1 where all is well. */
    static int firstInvalid(byte[] bytes, int length) {
        int i = 0;
        while (i < length) {
            int lead = bytes[i];
            if (lead >= 0) {
                i++;
                continue;
            }
            int size = size(bytes, i, length);
            if (size == 0) {
                return i;
            }
            i += size;
        }
        return -1;
    }

    /** Bytes of the well-formed character at {@code i} that is not ASCII; 0 where it is not one. */
    private static int size(byte[] bytes, int i, int length) {
        int lead = bytes[i] & 0xFF;
        int left = length - i;
        if (lead < 0xC2) {
            return 0;
        }
        if (lead < 0xE0) {
            return left > 1 && continues(bytes[i + 1]) ? 2 : 0;
        }
        if (left < 3) {
            return 0;
        }
        int second = bytes[i + 1] & 0xFF;
        if (lead < 0xF0) {
            boolean within =
                    lead == 0xE0 ? second >= 0xA0 : lead == 0xED ? second < 0xA0 : second >= 0x80;
            return within && continues(bytes[i + 1]) && continues(bytes[i + 2]) ? 3 : 0;
        }
        boolean within =
                lead == 0xF0
                        ? second >= 0x90
                        : lead == 0xF4 ? second < 0x90 : lead < 0xF4 && second >= 0x80;
        return within
                        && left > 3
                        && continues(bytes[i + 1])
                        && continues(bytes[i + 2])
                        && continues(bytes[i + 3])
                ? 4
                : 0;
    }

    private static boolean continues(byte value) {
        return (value & 0xC0) == 0x80;
    }

    /** Characters of a well-formed text, as Java counts them: beyond U+FFFF two each. */
    static int chars(byte[] bytes, int from, int to) {
        int chars = 0;
        for (int i = from; i < to; i++) {
            chars += continues(bytes[i]) ? 0 : (bytes[i] & 0xF8) == 0xF0 ? 2 : 1;
        }
        return chars;
    }

    /** Index of the first surrogate without its partner, or -1. */
    static int firstLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return i;
            }
        }
        return -1;
    }
}
