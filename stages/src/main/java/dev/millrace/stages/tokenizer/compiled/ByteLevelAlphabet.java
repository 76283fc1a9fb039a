package dev.millrace.stages.tokenizer.compiled;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2's spelling of bytes as printable characters (Radford et al., 2019, {@code
 * bytes_to_unicode}): printable Latin-1 stands for itself, the other 68 bytes follow from U+0100
 * on.
 */
public final class ByteLevelAlphabet {
    private static final int FIRST_SHIFTED = 0x100;
    private static final short[] BYTE_OF = new short[FIRST_SHIFTED + 68];
    private static final char[] LETTER_OF = new char[256];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        int shifted = FIRST_SHIFTED;
        for (int value = 0; value < 256; value++) {
            boolean printable =
                    (value >= '!' && value <= '~')
                            || (value >= 0xA1 && value <= 0xAC)
                            || (value >= 0xAE && value <= 0xFF);
            int letter = printable ? value : shifted++;
            BYTE_OF[letter] = (short) value;
            LETTER_OF[value] = (char) letter;
        }
    }

    private ByteLevelAlphabet() {}

    /** The character that a byte from 0 to 255 is spelled as. */
    public static char letter(int value) {
        return LETTER_OF[value];
    }

    /** The bytes a token spells; null where it has a character that spells none. */
    public static byte @Nullable [] spelled(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = token.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return null;
            }
            bytes[i] = (byte) BYTE_OF[c];
        }
        return bytes;
    }

    /** The bytes a token spells; a token with other characters stands for itself. */
    public static byte[] bytes(String token) {
        byte[] bytes = spelled(token);
        return bytes == null ? token.getBytes(StandardCharsets.UTF_8) : bytes;
    }
}
