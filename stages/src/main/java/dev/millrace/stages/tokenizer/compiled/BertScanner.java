package dev.millrace.stages.tokenizer.compiled;

import static dev.millrace.stages.tokenizer.compiled.CodePointClass.PUNCTUATION;
import static dev.millrace.stages.tokenizer.compiled.CodePointClass.SPACE;

/** BERT's words: between white space, which is left out, and each punctuation mark alone. */
final class BertScanner implements PieceScanner {
    @Override
    public int next(byte[] text, int at, int to) {
        int flags = CodePointClass.at(text, at);
        if ((flags & SPACE) != 0) {
            return ~Runs.of(SPACE, text, at, to);
        }
        return (flags & PUNCTUATION) != 0
                ? Utf8Text.after(text, at)
                : Runs.without(SPACE | PUNCTUATION, text, at, to);
    }
}
