package dev.millrace.ringbuffer;

import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One consumer's way of waiting. Used by one thread; woken by any. */
@SuppressWarnings("ThreadPriorityCheck") // Yielding is what the strategy of that name is.
final class Waiter implements Sleeper {
    private static final int SPINS = 64;
    private static final int YIELDS = 64;
    private static final long SLEEP_NANOS = 50_000;

    /** A lost wake-up would be a bug; this bounds what it costs. */
    private static final long LONGEST_PARK_NANOS = 1_000_000_000;

    private final Waiting waiting;
    private volatile @Nullable Thread parked;

    /** What the parked thread waits for; written before {@link #parked}. */
    private BooleanSupplier wanted = () -> true;

    private int idleTurns;

    Waiter(Waiting waiting) {
        this.waiting = waiting;
    }

    /** There was work: begin with spinning next time. */
    void worked() {
        idleTurns = 0;
    }

    /**
     * Waits a little: one turn of spinning, yielding, sleeping, or a park that ends when {@code
     * ready} may have become true.
     *
     * @param ready read by whoever signals, too: who waits for something else is left parked
     * @param timeoutNanos the longest park; {@link Long#MAX_VALUE} for none
     */
    void idle(BooleanSupplier ready, long timeoutNanos) {
        int turn = idleTurns;
        if (turn < SPINS + YIELDS) {
            idleTurns++;
        }
        if (waiting == Waiting.BUSY_SPIN || turn < SPINS) {
            Thread.onSpinWait();
            return;
        }
        switch (waiting) {
            case YIELDING -> Thread.yield();
            case SLEEPING -> {
                if (turn < SPINS + YIELDS) {
                    Thread.yield();
                } else {
                    LockSupport.parkNanos(this, Math.min(SLEEP_NANOS, timeoutNanos));
                }
            }
            default -> park(ready, Math.min(timeoutNanos, LONGEST_PARK_NANOS));
        }
    }

    private void park(BooleanSupplier ready, long nanos) {
        announce(ready);
        if (!ready.getAsBoolean()) {
            LockSupport.parkNanos(this, nanos);
        }
        parked = null;
    }

    /** From here on a signal finds this thread; whether there is work must be looked at after. */
    void announce(BooleanSupplier ready) {
        wanted = ready;
        parked = Thread.currentThread();
        // 'parked' must be visible before the sequences are read; RingSignal fences the other way
        // round. A volatile store alone does not order the plain reads in Sequence.get().
        VarHandle.fullFence();
    }

    @Override
    public boolean wakeIfParked() {
        Thread thread = parked;
        if (thread == null || !wanted.getAsBoolean()) {
            return false;
        }
        LockSupport.unpark(thread);
        return true;
    }
}
