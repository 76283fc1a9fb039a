package dev.millrace.ringbuffer;

/** What a model does with a request; fixes the lane. */
public enum ModelKind {
    /** Token ids in, token ids out, one step at a time. */
    GENERATE,
    /** Token ids in, one vector out per text. */
    EMBED,
    /** Tensors in, tensors out. */
    TENSOR
}
