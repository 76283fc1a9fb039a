package dev.millrace.stages.tokenizer.compiled;

import static dev.millrace.stages.tokenizer.compiled.CodePointClass.NUMERIC;

/** Each digit alone; what lies between digits is cut by another scanner that does not see them. */
final class DigitsScanner implements PieceScanner {
    private final PieceScanner between;

    /** Where the digits behind {@link #begin} come, found once for all words before them. */
    private int end;

    private int begin;

    DigitsScanner(PieceScanner between) {
        this.between = between;
    }

    @Override
    public void begin() {
        begin = -1;
        between.begin();
    }

    @Override
    public int next(byte[] text, int at, int to) {
        if ((CodePointClass.at(text, at) & NUMERIC) != 0) {
            begin = -1;
            return Utf8Text.after(text, at);
        }
        if (at != begin || at == end) {
            end = Runs.without(NUMERIC, text, at, to);
        }
        begin = between.next(text, at, end);
        return begin;
    }
}
