package dev.millrace.tools.load;

import java.util.function.ToLongFunction;

/**
 * Sends by the schedule alone: a request is due when it is due, whatever became of those before it.
 * A loop that waits for answers would send less while the server is slow, and so leave out of its
 * measurements the requests that would have suffered (Tene, "How NOT to Measure Latency":
 * coordinated omission).
 */
public final class OpenLoop {
    private OpenLoop() {}

    /** Takes requests on the schedule's thread and does not keep it. */
    public interface Target<T> {
        /** Waits until one more request may be under way; asked at {@link Speed#MAX} only. */
        void awaitRoom() throws InterruptedException;

        /**
         * Sends a request without waiting for anything.
         *
         * @param dueNanos when it should be sent, of the schedule's clock; what is measured of it
         *     counts from there
         */
        void send(T request, long dueNanos);
    }

    /**
     * Sends every request once, in order; returns when the last is on its way.
     *
     * @param offsetNanos of a request from the beginning of the schedule; never falls
     */
    public static <T> void run(
            Iterable<T> requests,
            ToLongFunction<T> offsetNanos,
            Speed speed,
            SendClock clock,
            Target<? super T> target)
            throws InterruptedException {
        long began = clock.nanoTime();
        for (T request : requests) {
            if (speed.isMax()) {
                target.awaitRoom();
                target.send(request, clock.nanoTime());
            } else {
                long due = began + speed.scaled(offsetNanos.applyAsLong(request));
                clock.awaitUntil(due);
                target.send(request, due);
            }
        }
    }
}
