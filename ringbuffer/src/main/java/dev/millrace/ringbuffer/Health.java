package dev.millrace.ringbuffer;

/**
 * Whether the process is alive and ready, as doors report it. Any thread; implemented by the
 * composition root.
 */
public interface Health {
    /** Every stage thread and lane that should run, runs. */
    boolean live();

    /** Live, models loaded, not draining: a request sent now is served. */
    boolean ready();

    /** One line on what is not well; empty when all is. */
    String detail();
}
