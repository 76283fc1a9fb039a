package dev.millrace.journal;

import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * The total order of a run: hands every record its index, its time and what it stands behind.
 *
 * <p>Any appending thread, but only while it holds the queue's write lock, which it does from
 * {@code writingDocument()} to {@code close()}: that makes the plain fields safe, the indexes dense
 * and in the order of the bytes on disk, the chain one, and the clock one that never falls from
 * record to record.
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

    /** Its head is the record before the one with {@link #nextRecordIndex()}. */
    RecordChain chain() {
        return chain;
    }

    /** The record with {@link #nextRecordIndex()} and that chain is about to be committed. */
    void taken() {
        nextRecordIndex++;
        chain.taken();
    }

    long clockNanos() {
        return clock.nanoTime();
    }

    long wallNanos() {
        return wallClock.nanoTime();
    }
}
