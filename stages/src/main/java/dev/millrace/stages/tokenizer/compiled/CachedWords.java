package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.IntArrayList;

/** A model behind a {@link WordCache}. */
final class CachedWords implements WordModel {
    private final WordModel model;
    private final WordCache cache = new WordCache();

    CachedWords(WordModel model) {
        this.model = model;
    }

    @Override
    public void encode(byte[] text, int from, int to, IntArrayList into) {
        if (to - from > WordCache.LONGEST_WORD) {
            model.encode(text, from, to, into);
        } else if (!cache.find(text, from, to, into)) {
            int begin = into.size();
            model.encode(text, from, to, into);
            cache.put(into, begin);
        }
    }
}
