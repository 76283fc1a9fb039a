package dev.millrace.tools.load;

/** Told of what a {@link WireClient} sees, on its thread. */
public interface WireAnswers {
    /**
     * An exchange is over.
     *
     * @param status of HTTP; 0 where no whole answer came
     * @param dueNanos when the request should have been sent; as the others of {@link
     *     System#nanoTime}
     * @param sentNanos when it was
     * @param endNanos when the last byte of the answer was read
     * @param said the beginning of an answer that is not a 200, or what went wrong; else empty
     */
    void ended(int status, long dueNanos, long sentNanos, long endNanos, String said);

    /**
     * A part of a stream with text arrived.
     *
     * @param dueNanos of its request
     * @param lastNanos when the part before it arrived; 0 for the first
     */
    void part(long dueNanos, long lastNanos, long nowNanos);
}
