package dev.millrace.stages.tokenizer;

import org.agrona.collections.IntArrayList;

/** Text to token ids. One thread at a time: each decode thread has its own. */
public interface Tokenizer extends AutoCloseable {
    /**
     * Appends the ids of {@code text}.
     *
     * @param addSpecialTokens whether the tokenizer's post-processor adds its own (BOS, CLS …);
     *     chat templates write theirs
     */
    void encode(String text, boolean addSpecialTokens, IntArrayList into);

    @Override
    void close();
}
