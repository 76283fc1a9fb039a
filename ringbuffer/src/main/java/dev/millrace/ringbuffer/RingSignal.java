package dev.millrace.ringbuffer;

import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Wakes whoever is parked on a ring: the ring's wait strategy on the publishers' side, and called
 * by each stage after it advanced, so that a parked consumer waits for its own dependency and not,
 * spinning, for the stage before it.
 *
 * <p>A signal costs a fence and one read per registered waiter where nobody is parked, and a look
 * at what it waits for where somebody is.
 */
public final class RingSignal implements WaitStrategy {
    private volatile Waiter[] waiters = new Waiter[0];

    /** Control path: a stage or a lane joins. */
    synchronized void register(Waiter waiter) {
        Waiter[] more = Arrays.copyOf(waiters, waiters.length + 1);
        more[waiters.length] = waiter;
        waiters = more;
    }

    /** Control path: a lane leaves. */
    synchronized void unregister(Waiter waiter) {
        waiters = Arrays.stream(waiters).filter(w -> w != waiter).toArray(Waiter[]::new);
    }

    @Override
    public void signalAllWhenBlocking() {
        wake();
    }

    /** Returns how many were found parked, or about to park. */
    int wake() {
        // The sequence just stored must be visible before 'parked' is read, or both sides could
        // miss each other.
        VarHandle.fullFence();
        int woken = 0;
        for (Waiter waiter : waiters) {
            if (waiter.wakeIfParked()) {
                woken++;
            }
        }
        return woken;
    }

    /** Consumers wait through {@link Waiter}; Disruptor's own barriers are not used. */
    @Override
    public long waitFor(
            long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier) {
        throw new IllegalStateException("consumers of a Millrace ring wait through a Waiter");
    }
}
