package dev.millrace.ringbuffer;

/** How a stage thread waits for work, by name in the configuration. */
public enum Waiting {
    /** Spins briefly, then parks until it is signalled: an idle server uses no CPU. */
    BLOCKING,
    /** Spins, yields, then sleeps 50 µs at a time. */
    SLEEPING,
    /** Spins, then yields. */
    YIELDING,
    /** Never gives up the CPU: for a core of its own. */
    BUSY_SPIN
}
