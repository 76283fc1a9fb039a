package dev.millrace.ringbuffer;

import org.jspecify.annotations.Nullable;

/**
 * One thread that owns one model instance and all of its tensors. Implemented by the engine; its
 * thread is started and stopped by {@link Pipeline}.
 *
 * <p>{@link #run} is the thread: it polls {@link LaneFeed} for admitted requests, copies what it
 * needs out of their slots, executes, and publishes replies. For every request it takes it
 * publishes exactly one reply marked {@code last}, also when the execution throws or the client
 * goes away ({@link RequestContext#cancelled()}, looked at before each execution).
 */
public interface Lane {
    /** The number of the lane that answers from the record; models' count from 0. */
    int RECORDED = -2;

    /** The number slots are addressed to it with. */
    int index();

    /** Thread name: {@code lane-} plus the model's name. */
    String name();

    /**
     * The lane's duty cycle; returns soon after {@link LaneFeed#stopping()} turned true and nothing
     * runs any more.
     *
     * @param journal the lane's own: what it is about to execute is on record there first
     */
    void run(LaneFeed feed, TurnJournal journal);

    /**
     * {@link #run} threw: ends every request still in the lane with {@code status INTERNAL}. Same
     * thread.
     */
    void failAll(Throwable cause);

    /** Releases tensors. Same thread, after {@link #run}. */
    void close();

    /** What it holds, for gauges; null for a lane that generates no text. Any thread. */
    default @Nullable GenerationUsage usage() {
        return null;
    }

    /** Whether it computes nothing: it then needs no CPU of its own, and parks where it waits. */
    default boolean idles() {
        return false;
    }

    /** How many threads compute beside its own ({@link LaneFeed#partners}). */
    default int partnerCount() {
        return 0;
    }

    /** Requests taken and not ended, for gauges and leak checks. Any thread. */
    int load();
}
