package dev.millrace.stages.tokenizer.compiled;

/** One step of a normalizer. Owned by one tokenizer, used by one thread at a time. */
interface TextStep {
    /** Appends what the text becomes. */
    void apply(byte[] text, int from, int to, Utf8Text into);
}
