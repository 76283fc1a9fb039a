package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/** Byte-level BPE (Radford et al., 2019): a word's bytes are its first symbols. */
final class BytePairs implements WordModel {
    private final int[] tokenOfByte;
    private final SymbolMerger merger;
    private final @Nullable ByteTrie whole;

    /**
     * @param tokenOfByte by byte; -1 for a byte that is left out
     * @param whole tokens that a word may be at once, whatever the merges say; null where none may
     */
    BytePairs(int[] tokenOfByte, MergeTable merges, @Nullable ByteTrie whole) {
        this.tokenOfByte = tokenOfByte.clone();
        this.merger = new SymbolMerger(merges);
        this.whole = whole;
    }

    @Override
    public void encode(byte[] text, int from, int to, IntArrayList into) {
        if (whole != null) {
            int token = whole.find(text, from, to);
            if (token != ByteTrie.NONE) {
                into.addInt(token);
                return;
            }
        }
        merger.clear();
        for (int i = from; i < to; i++) {
            int token = tokenOfByte[text[i] & 0xFF];
            if (token >= 0) {
                merger.add(token);
            }
        }
        merger.merge(into);
    }
}
