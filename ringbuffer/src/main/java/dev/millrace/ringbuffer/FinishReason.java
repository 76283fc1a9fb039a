package dev.millrace.ringbuffer;

/** Why a generation ended. */
public enum FinishReason {
    /** Not ended. */
    NONE,
    /** A stop id, a stop string or the model's end of text. */
    STOP,
    /** max_tokens or the context is used up. */
    LENGTH,
    /** The client went away. */
    CANCELLED
}
