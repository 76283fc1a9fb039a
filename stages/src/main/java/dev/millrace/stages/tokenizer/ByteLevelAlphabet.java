package dev.millrace.stages.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's spelling of bytes as printable characters (Radford et al., 2019, {@code
 * bytes_to_unicode}): printable Latin-1 stands for itself, the other 68 bytes follow from U+0100
 * on.
 */
final class ByteLevelAlphabet {
    private static final int FIRST_SHIFTED = 0x100;
    private static final short[] BYTE_OF = new short[FIRST_SHIFTED + 68];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        int shifted = FIRST_SHIFTED;
        for (int value = 0; value < 256; value++) {
            boolean printable =
                    (value >= '!' && value <= '~')
                            || (value >= 0xA1 && value <= 0xAC)
                            || (value >= 0xAE && value <= 0xFF);
            BYTE_OF[printable ? value : shifted++] = (short) value;
        }
    }

    private ByteLevelAlphabet() {}

    /** The bytes a token spells; a token with other characters stands for itself. */
    static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) BYTE_OF[c];
        }
        return bytes;
    }
}
