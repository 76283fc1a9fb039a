package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.Int2IntHashMap;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's BPE: a word's characters are its first symbols. A character without a token is
 * spelled in byte tokens, or unknown.
 */
final class CharacterPairs implements WordModel {
    static final int NONE = -1;

    private final int[] tokenOfAscii = new int[128];
    private final Int2IntHashMap tokenOfCodePoint;
    private final int @Nullable [] tokenOfByte;
    private final int unknown;
    private final boolean fuseUnknown;
    private final SymbolMerger merger;

    /**
     * @param tokenOfCodePoint {@link #NONE} where a character has no token
     * @param tokenOfByte what characters without a token are spelled in; null where they are
     *     unknown
     * @param unknown the unknown token, or {@link #NONE} where unknown characters are left out
     * @param fuseUnknown whether unknown characters behind each other are one token
     */
    CharacterPairs(
            Int2IntHashMap tokenOfCodePoint,
            int @Nullable [] tokenOfByte,
            int unknown,
            boolean fuseUnknown,
            MergeTable merges) {
        this.tokenOfCodePoint = tokenOfCodePoint;
        this.tokenOfByte = tokenOfByte;
        this.unknown = unknown;
        this.fuseUnknown = fuseUnknown;
        this.merger = new SymbolMerger(merges);
        for (int i = 0; i < tokenOfAscii.length; i++) {
            tokenOfAscii[i] = tokenOfCodePoint.get(i);
        }
    }

    @Override
    public void encode(byte[] text, int from, int to, IntArrayList into) {
        merger.clear();
        boolean afterUnknown = false;
        for (int at = from; at < to; ) {
            int end = Utf8Text.after(text, at);
            int token =
                    text[at] >= 0
                            ? tokenOfAscii[text[at]]
                            : tokenOfCodePoint.get(Utf8Text.codePoint(text, at));
            if (token != NONE) {
                merger.add(token);
                afterUnknown = false;
            } else if (tokenOfByte != null) {
                for (int i = at; i < end; i++) {
                    merger.add(tokenOfByte[text[i] & 0xFF]);
                }
            } else if (unknown != NONE) {
                if (!afterUnknown || !fuseUnknown) {
                    merger.add(unknown);
                }
                afterUnknown = true;
            }
            at = end;
        }
        merger.merge(into);
    }
}
