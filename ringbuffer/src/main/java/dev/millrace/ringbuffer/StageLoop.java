package dev.millrace.ringbuffer;

import java.util.function.BooleanSupplier;

/**
 * The duty cycle of one stage thread: turns of its consumer while there is work, and waiting where
 * there is none. One thread.
 */
final class StageLoop implements Runnable {
    private final StageConsumer<?> consumer;
    private final Waiter waiter;
    private final BooleanSupplier ready = this::ready;
    private volatile boolean stopping;

    StageLoop(StageConsumer<?> consumer, Waiting waiting) {
        this.consumer = consumer;
        this.waiter = new Waiter(waiting);
        consumer.signal().register(waiter);
    }

    @Override
    public void run() {
        try {
            consumer.begin();
            while (true) {
                // Read before looking: what was published before the stop is handled.
                boolean last = stopping;
                if (consumer.turn()) {
                    waiter.worked();
                } else if (last) {
                    break;
                } else {
                    waiter.idle(ready, Long.MAX_VALUE);
                }
            }
        } finally {
            consumer.end();
        }
    }

    private boolean ready() {
        return stopping || consumer.ready();
    }

    /** Any thread: return once nothing is left. */
    void stop() {
        stopping = true;
        waiter.wakeIfParked();
    }
}
