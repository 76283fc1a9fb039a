package dev.millrace.stages.tokenizer;

import org.agrona.collections.IntArrayList;

/** Text to token ids. One thread at a time: each decode thread has its own. */
public interface Tokenizer extends AutoCloseable {
    /**
     * Appends the ids of {@code text}.
     *
     * @param addSpecialTokens whether the tokenizer's post-processor adds its own (BOS, CLS …);
     *     chat templates write theirs
     * @throws IllegalArgumentException where the vocabulary has no way to write the text
     */
    void encode(String text, boolean addSpecialTokens, IntArrayList into);

    /**
     * Appends the ids of a text in UTF-8.
     *
     * @param utf8 well-formed from {@code from} to {@code to}
     * @throws IllegalArgumentException as above
     */
    void encode(byte[] utf8, int from, int to, boolean addSpecialTokens, IntArrayList into);

    /**
     * Characters of the vocabulary's longest token. A text of more than {@code n} times as many is
     * refused as longer than {@code n} tokens without being encoded, which would take seconds for
     * the longest bodies; only a text padded with what the normalizer deletes could have fitted.
     */
    int longestTokenChars();

    @Override
    void close();
}
