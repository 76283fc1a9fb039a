package dev.millrace.ringbuffer;

import java.util.concurrent.atomic.AtomicLongArray;

/** One cell per {@link Counter}, a cache line apart; any thread may add or read. */
public final class Counters {
    private static final int STRIDE = 16;

    private final AtomicLongArray cells =
            new AtomicLongArray((Counter.values().length + 1) * STRIDE);

    public void increment(Counter counter) {
        add(counter, 1);
    }

    public void add(Counter counter, long amount) {
        cells.getAndAdd((counter.ordinal() + 1) * STRIDE, amount);
    }

    public long get(Counter counter) {
        return cells.get((counter.ordinal() + 1) * STRIDE);
    }
}
