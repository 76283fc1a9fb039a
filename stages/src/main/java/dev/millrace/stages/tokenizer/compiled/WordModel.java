package dev.millrace.stages.tokenizer.compiled;

import org.agrona.collections.IntArrayList;

/** A word to token ids. Owned by one tokenizer, used by one thread at a time. */
interface WordModel {
    /** Appends the ids of a word of at least one character. */
    void encode(byte[] text, int from, int to, IntArrayList into);
}
