package dev.millrace.stages.tokenizer.compiled;

import java.util.BitSet;

/**
 * Cuts where no merge can reach across: before a mark that no merge joins to the character before
 * it. The words then merge as the whole text would. SentencePiece's vocabularies have their spaces
 * spelled as marks ({@code ▁}), and no tokens with one behind a letter.
 */
final class MergeBoundaryScanner implements PieceScanner {
    private final byte[] mark;
    private final BitSet joined;

    /**
     * @param mark the mark in UTF-8; a token of the vocabulary
     * @param joined characters that some merge joins to a mark behind them
     */
    MergeBoundaryScanner(byte[] mark, BitSet joined) {
        this.mark = mark;
        this.joined = joined;
    }

    @Override
    public int next(byte[] text, int at, int to) {
        int last = at;
        int end = Utf8Text.after(text, at);
        while (end < to) {
            if (text[end] == mark[0]
                    && isMark(text, end, to)
                    && !joined.get(Utf8Text.codePoint(text, last))) {
                return end;
            }
            last = end;
            end = Utf8Text.after(text, end);
        }
        return to;
    }

    private boolean isMark(byte[] text, int at, int to) {
        if (to - at < mark.length) {
            return false;
        }
        for (int i = 1; i < mark.length; i++) {
            if (text[at + i] != mark[i]) {
                return false;
            }
        }
        return true;
    }
}
