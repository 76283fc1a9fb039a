package dev.millrace.stages.tokenizer.compiled;

import static dev.millrace.stages.tokenizer.compiled.CodePointClass.LETTER;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.NUMBER;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.SPACE;

/** GPT-2's words (Radford et al., 2019), alternative by alternative of {@link #REGEX}. */
final class Gpt2Scanner implements PieceScanner {
    static final String REGEX =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    @Override
    public int next(byte[] text, int at, int to) {
        int first = text[at];
        if (first == '\'') {
            int end = contraction(text, at, to);
            if (end > at) {
                return end;
            }
        }
        int word = first == ' ' && at + 1 < to ? at + 1 : at;
        int flags = CodePointClass.at(text, word);
        if ((flags & LETTER) != 0) {
            return Runs.of(LETTER, text, word, to);
        }
        if ((flags & NUMBER) != 0) {
            return Runs.of(NUMBER, text, word, to);
        }
        if ((flags & SPACE) == 0) {
            return Runs.without(LETTER | NUMBER | SPACE, text, word, to);
        }
        return Runs.space(text, at, to);
    }

    private static int contraction(byte[] text, int at, int to) {
        if (at + 1 < to) {
            byte second = text[at + 1];
            if (second == 's' || second == 't' || second == 'm' || second == 'd') {
                return at + 2;
            }
            if (at + 2 < to) {
                byte third = text[at + 2];
                if ((third == 'e' && (second == 'r' || second == 'v'))
                        || (third == 'l' && second == 'l')) {
                    return at + 3;
                }
            }
        }
        return at;
    }
}
