package dev.millrace.ringbuffer;

/**
 * Where a lane puts a turn on record before it executes it. Called by one lane's thread; every lane
 * has its own.
 */
public interface TurnJournal extends AutoCloseable {
    /** Nothing is on record, and nothing is wrong with that. */
    TurnJournal NONE = _ -> true;

    /**
     * Appends the turn. Its content is copied.
     *
     * @return false where it could not be put on record and must therefore not be executed
     */
    boolean append(LaneTurn turn);

    /** Only when the lane's thread appends no more. */
    @Override
    default void close() {}
}
