package dev.millrace.tools.replay;

/** What a replay says of one request. */
enum Outcome {
    /** The same bits: tokens, logits, vectors, tensors, or the same refusal. */
    EXACT,
    /** The same tokens from logits that are not the same bits. */
    TOKENS_EQUAL,
    /** Another answer. */
    DIVERGED,
    /** What executed it then is not what executes it here, or is not known. */
    NOT_COMPARABLE
}
