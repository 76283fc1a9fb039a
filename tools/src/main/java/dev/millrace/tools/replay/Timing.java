package dev.millrace.tools.replay;

/** When a request was answered, in nanoseconds from its arrival. */
final class Timing {
    /** Nothing was answered. */
    static final long NEVER = -1;

    private final long arrival;
    private long first = NEVER;
    private long last = NEVER;

    /**
     * @param arrival on the server's monotonic clock
     */
    Timing(long arrival) {
        this.arrival = arrival;
    }

    /** Something was answered at that time, or the last of it. */
    void answered(long clockNanos, boolean end) {
        long nanos = Math.max(0, clockNanos - arrival);
        if (first == NEVER) {
            first = nanos;
        }
        if (end) {
            last = nanos;
        }
    }

    /** To the first word of the answer. */
    long firstNanos() {
        return first;
    }

    /** To the last word; {@link #NEVER} where there was none. */
    long totalNanos() {
        return last;
    }
}
