package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;

/**
 * What kinds of character a code point is: one byte of flags each, in blocks of 256 that are shared
 * where they are equal. Made once from the JDK's Unicode data, with what {@link OtherUnicode} says.
 */
final class CodePointClass {
    /** {@code \p{L}}. */
    static final int LETTER = 1;

    /** {@code \p{N}}. */
    static final int NUMBER = 2;

    /** {@code White_Space}, which {@code \s} means. */
    static final int SPACE = 4;

    /** {@code \w} of UTS #18. */
    static final int WORD = 8;

    /** {@code \p{P}} and what ASCII calls punctuation. */
    static final int PUNCTUATION = 16;

    /** {@code \p{Mn}}. */
    static final int NONSPACING = 32;

    /** Controls, formats and private use. */
    static final int OTHER = 64;

    /** What Rust calls numeric. */
    static final int NUMERIC = 128;

    private static final int BLOCK = 256;
    private static final byte[][] BLOCKS = new byte[(Character.MAX_CODE_POINT + 1) / BLOCK][];
    private static final byte[] ASCII;

    static {
        byte[] block = new byte[BLOCK];
        for (int i = 0; i < BLOCKS.length; i++) {
            for (int j = 0; j < BLOCK; j++) {
                block[j] = (byte) flags(i * BLOCK + j);
            }
            boolean repeated = i > 0 && Arrays.equals(block, BLOCKS[i - 1]);
            BLOCKS[i] = repeated ? BLOCKS[i - 1] : block.clone();
        }
        ASCII = BLOCKS[0];
    }

    private CodePointClass() {}

    /** The flags of a code point. */
    static int of(int codePoint) {
        return BLOCKS[codePoint >>> 8][codePoint & 0xFF];
    }

    /** The flags of the code point that begins at {@code at}. */
    static int at(byte[] text, int at) {
        int lead = text[at];
        return lead >= 0 ? ASCII[lead] : of(Utf8Text.codePoint(text, at));
    }

    private static int flags(int codePoint) {
        int type = Character.getType(codePoint);
        int flags =
                switch (type) {
                    case Character.UPPERCASE_LETTER,
                            Character.LOWERCASE_LETTER,
                            Character.TITLECASE_LETTER,
                            Character.MODIFIER_LETTER,
                            Character.OTHER_LETTER ->
                            LETTER;
                    case Character.DECIMAL_DIGIT_NUMBER -> NUMBER | WORD;
                    case Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
                    case Character.CONNECTOR_PUNCTUATION -> PUNCTUATION | WORD;
                    case Character.DASH_PUNCTUATION,
                            Character.START_PUNCTUATION,
                            Character.END_PUNCTUATION,
                            Character.INITIAL_QUOTE_PUNCTUATION,
                            Character.FINAL_QUOTE_PUNCTUATION,
                            Character.OTHER_PUNCTUATION ->
                            PUNCTUATION;
                    case Character.NON_SPACING_MARK -> NONSPACING | WORD;
                    case Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> WORD;
                    case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE -> OTHER;
                    default -> 0;
                };
        if (isWhiteSpace(codePoint, type)) {
            flags |= SPACE;
        }
        // Joiners are part of words (UTS #18, annex C).
        if (Character.isAlphabetic(codePoint) || codePoint == 0x200C || codePoint == 0x200D) {
            flags |= WORD;
        }
        if (codePoint > ' ' && codePoint < 0x7F && !Character.isLetterOrDigit(codePoint)) {
            flags |= PUNCTUATION;
        }
        return asTheyHaveIt(codePoint, flags);
    }

    private static int asTheyHaveIt(int codePoint, int jdk) {
        int flags = jdk;
        flags ^= OtherUnicode.PUNCTUATION.get(codePoint) ? PUNCTUATION : 0;
        flags ^= OtherUnicode.NONSPACING.get(codePoint) ? NONSPACING : 0;
        flags ^= OtherUnicode.NOT_OTHER.get(codePoint) ? OTHER : 0;
        boolean numeric = (flags & NUMBER) != 0 || OtherUnicode.NUMERIC.get(codePoint);
        return numeric ? flags | NUMERIC : flags;
    }

    /** Unicode's property, which is not what Java calls white space. */
    private static boolean isWhiteSpace(int codePoint, int type) {
        return type == Character.SPACE_SEPARATOR
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || (codePoint >= '\t' && codePoint <= '\r')
                || codePoint == 0x85;
    }
}
