package dev.millrace.stages.tokenizer.compiled;

import static dev.millrace.stages.tokenizer.compiled.CodePointClass.LETTER;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.NUMBER;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.SPACE;

/**
 * The words of Llama 3 and its relatives, which differ in how many digits they keep together:
 * alternative by alternative of {@link #regex}.
 */
final class Llama3Scanner implements PieceScanner {
    private final int digits;

    /**
     * @param digits most digits in a word
     */
    Llama3Scanner(int digits) {
        this.digits = digits;
    }

    static String regex(String number) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                + number
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    @Override
    public int next(byte[] text, int at, int to) {
        int first = text[at];
        if (first == '\'') {
            int end = contraction(text, at, to);
            if (end > at) {
                return end;
            }
        }
        int flags = CodePointClass.at(text, at);
        if ((flags & LETTER) != 0) {
            return Runs.of(LETTER, text, at, to);
        }
        if ((flags & NUMBER) != 0) {
            return digits(text, at, to);
        }
        int second = Utf8Text.after(text, at);
        int behind = second < to ? CodePointClass.at(text, second) : SPACE;
        if ((behind & LETTER) != 0 && first != '\r' && first != '\n') {
            return Runs.of(LETTER, text, second, to);
        }
        if ((flags & SPACE) == 0) {
            return symbols(text, at, to);
        }
        if (first == ' ' && (behind & (SPACE | LETTER | NUMBER)) == 0) {
            return symbols(text, second, to);
        }
        return space(text, at, to);
    }

    private int digits(byte[] text, int from, int to) {
        int at = from;
        for (int i = 0; i < digits && at < to && (CodePointClass.at(text, at) & NUMBER) != 0; i++) {
            at = Utf8Text.after(text, at);
        }
        return at;
    }

    private static int symbols(byte[] text, int from, int to) {
        int at = Runs.without(LETTER | NUMBER | SPACE, text, from, to);
        while (at < to && (text[at] == '\r' || text[at] == '\n')) {
            at++;
        }
        return at;
    }

    /** White space up to its last line break; where it has none, as GPT-2 has it. */
    private static int space(byte[] text, int from, int to) {
        int end = Runs.of(SPACE, text, from, to);
        for (int i = end - 1; i >= from; i--) {
            if (text[i] == '\r' || text[i] == '\n') {
                return i + 1;
            }
        }
        return Runs.space(text, from, to);
    }

    private static int contraction(byte[] text, int at, int to) {
        if (at + 1 == to) {
            return at;
        }
        int second = text[at + 1] | 0x20;
        if (second == 's' || second == 't' || second == 'm' || second == 'd') {
            return at + 2;
        }
        // A long s folds to an s.
        if (at + 2 < to && text[at + 1] == (byte) 0xC5 && text[at + 2] == (byte) 0xBF) {
            return at + 3;
        }
        if (at + 2 < to) {
            int third = text[at + 2] | 0x20;
            if ((third == 'e' && (second == 'r' || second == 'v'))
                    || (third == 'l' && second == 'l')) {
                return at + 3;
            }
        }
        return at;
    }
}
