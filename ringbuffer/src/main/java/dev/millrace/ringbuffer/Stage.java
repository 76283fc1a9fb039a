package dev.millrace.ringbuffer;

import java.util.Locale;

/**
 * The one vocabulary of stages: thread names, configuration keys, metric labels and JFR fields use
 * {@link #label()}.
 */
public enum Stage {
    /** I/O threads: bytes into a claimed slot. */
    DOOR,
    /** Request ring: what came in is on record. */
    JOURNAL,
    /** Request ring: bytes to a validated request. */
    DECODE,
    /** Request ring: permits per caller. */
    RATE_LIMIT,
    /** Request ring: what may be executed together; refusals leave from here. */
    BATCH,
    /** A lane's thread: waiting for its turn. */
    QUEUE,
    /** A lane's thread: forward passes and sampling. */
    INFER,
    /** Reply ring: what goes out is on record. */
    REPLY_JOURNAL,
    /** Reply ring: text, bytes, sink. */
    REPLY,
    /** Reply ring: stamps to histograms and events; the request's context is free after it. */
    TELEMETRY;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** {@code rate-limit} for {@link #RATE_LIMIT}. */
    public String label() {
        return label;
    }
}
