package dev.millrace.stages.reply;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Unicode's definition of U+FFFD substitution, word for word and slow: every code point's encoding
 * is known, and so is every beginning of one. (The JDK's own decoder takes {@code ED A0} at the end
 * of the input for one subpart; the definition makes it two.)
 */
final class MaximalSubparts {
    /**
     * Proper beginnings of well-formed sequences, as their bytes in one long with a 1 before them.
     */
    private static final Set<Long> BEGINNINGS = beginnings();

    private MaximalSubparts() {}

    static String decode(byte[] bytes) {
        var text = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int length = 1;
            String decoded = strict(bytes, at, 1);
            while (decoded.isEmpty() && at + length < bytes.length) {
                decoded = strict(bytes, at, length + 1);
                if (decoded.isEmpty() && !BEGINNINGS.contains(key(bytes, at, length + 1))) {
                    break;
                }
                length++;
            }
            text.append(decoded.isEmpty() ? "\uFFFD" : decoded);
            at += length;
        }
        return text.toString();
    }

    private static String strict(byte[] bytes, int offset, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, offset, length))
                    .toString();
        } catch (CharacterCodingException malformed) {
            return "";
        }
    }

    private static Set<Long> beginnings() {
        var beginnings = new HashSet<Long>();
        // Encodings that differ in the last six bits only have the same beginnings.
        for (int codePoint = 0x80; codePoint <= Character.MAX_CODE_POINT; codePoint += 0x40) {
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                continue;
            }
            byte[] encoded = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
            for (int length = 1; length < encoded.length; length++) {
                beginnings.add(key(encoded, 0, length));
            }
        }
        return beginnings;
    }

    private static long key(byte[] bytes, int offset, int length) {
        long key = 1;
        for (int i = 0; i < length; i++) {
            key = key << 8 | (bytes[offset + i] & 0xFF);
        }
        return key;
    }
}
