package dev.millrace.gpustage.schedule;

import java.util.List;

/**
 * What waits for a lane, and which of it is executed next.
 *
 * <p>Runs on the lane's thread, which passes the time.
 */
public interface BatchSource<R extends BatchQueue.Item> {
    /** An item joins the queue. */
    void add(R item);

    /** Items that wait. */
    int size();

    /**
     * Takes out the next batch.
     *
     * @param flush whether to wait for nothing
     * @param into receives the items; empty where no batch is ready
     */
    void take(long nowNanos, boolean flush, List<R> into);

    /**
     * Nanoseconds until some item is due, at least 0; {@link Long#MAX_VALUE} where nothing waits.
     */
    long nanosUntilDue(long nowNanos);

    /** Takes out everything that waits. */
    List<R> drain();
}
