package dev.millrace.gpustage.schedule;

/**
 * In which order a generation is served, and what it may share.
 *
 * @param priority lower is served first; any value
 * @param caller whose share of the service it counts against
 * @param deadlineNanos when it has failed, on the clock of {@link Scheduler#expired}; {@link
 *     #NO_DEADLINE} for never
 * @param salt generations of different salts never share a block
 * @param shares whether it may begin behind a cached prefix; without, every position of it is
 *     computed, as the log-probabilities of a prompt need
 */
public record Order(int priority, long caller, long deadlineNanos, long salt, boolean shares) {
    /** Waits as long as it takes. */
    public static final long NO_DEADLINE = Long.MAX_VALUE;
}
