package dev.millrace.ingress.aeron;

import dev.millrace.config.AeronConfig;
import java.util.concurrent.locks.LockSupport;

/**
 * What the door's thread does when there is nothing to do: a message in shared memory or in a
 * socket wakes nobody, so it looks again and again, less and less often. Runs on: the door's
 * thread, but for {@link #wake}.
 */
final class DoorIdle {
    /** A closed loop's next request comes within this. */
    private static final long YIELDING_NANOS = 500_000;

    private static final long MIN_PARK_NANOS = 50_000;
    private static final long MAX_PARK_NANOS = 4_000_000;

    private final AeronConfig.Idle how;
    private final Thread thread;
    private boolean idle;
    private long idleSince;
    private long parkNanos;
    private volatile boolean parked;

    DoorIdle(AeronConfig.Idle how, Thread thread) {
        this.how = how;
        this.thread = thread;
    }

    /** After a turn that found {@code work} things to do. */
    @SuppressWarnings("ThreadPriorityCheck") // Whoever else has work goes first.
    void after(int work) {
        if (work > 0) {
            idle = false;
            return;
        }
        switch (how) {
            case BUSY_SPIN -> Thread.onSpinWait();
            case YIELDING -> Thread.yield();
            case BACKOFF -> backOff();
        }
    }

    @SuppressWarnings("ThreadPriorityCheck")
    private void backOff() {
        long now = System.nanoTime();
        if (!idle) {
            idle = true;
            idleSince = now;
            parkNanos = MIN_PARK_NANOS;
        }
        if (now - idleSince < YIELDING_NANOS) {
            Thread.yield();
            return;
        }
        parked = true;
        LockSupport.parkNanos(this, parkNanos);
        parked = false;
        parkNanos = Math.min(2 * parkNanos, MAX_PARK_NANOS);
    }

    /**
     * There is something to send. Any thread; may come too early to be noticed, which costs the
     * length of one sleep.
     */
    void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }
}
