package dev.millrace.ringbuffer;

import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * Wakes whoever is parked on a ring: the ring's wait strategy on the publishers' side, and called
 * by each stage after it advanced, so that a parked consumer waits for its own dependency and not,
 * spinning, for the stage before it.
 *
 * <p>A signal costs a fence and one read per registered sleeper where nobody is parked, and a look
 * at what it waits for where somebody is.
 */
public final class RingSignal implements WaitStrategy {
    private volatile Sleeper[] sleepers = new Sleeper[0];

    /** Control path: a stage or a lane joins. */
    synchronized void register(Sleeper sleeper) {
        Sleeper[] more = Arrays.copyOf(sleepers, sleepers.length + 1);
        more[sleepers.length] = sleeper;
        sleepers = more;
    }

    /** Control path: a lane leaves. */
    synchronized void unregister(Sleeper sleeper) {
        var left = new ArrayList<Sleeper>(Arrays.asList(sleepers));
        left.remove(sleeper);
        sleepers = left.toArray(Sleeper[]::new);
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
        for (Sleeper sleeper : sleepers) {
            if (sleeper.wakeIfParked()) {
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
