package dev.millrace.journal;

import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * The total order of a run: hands every frame of records its index, its time and what it stands
 * behind.
 *
 * <p>Any appending thread, but only while it holds {@link JournalWriter}'s lock: that makes the
 * plain fields safe, the indexes dense and in the order of the bytes on disk, the chain one, and
 * the clock one that never falls from frame to frame.
 */
final class RecordOrder {
    private final NanoClock clock;
    private final EpochNanoClock wallClock;
    private final RecordChain chain = new RecordChain();
    private long nextRecordIndex;

    RecordOrder(NanoClock clock, EpochNanoClock wallClock) {
        this.clock = clock;
        this.wallClock = wallClock;
    }

    long nextRecordIndex() {
        return nextRecordIndex;
    }

    /** Its head is the frame before the record with {@link #nextRecordIndex()}. */
    RecordChain chain() {
        return chain;
    }

    /** The frame of so many records from {@link #nextRecordIndex()} on is committed. */
    void taken(int records) {
        nextRecordIndex += records;
        chain.taken();
    }

    long clockNanos() {
        return clock.nanoTime();
    }

    long wallNanos() {
        return wallClock.nanoTime();
    }
}
