package dev.millrace.ringbuffer;

import com.lmax.disruptor.Sequence;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A consumer about to park and a publisher must not miss each other: either the consumer sees the
 * sequence, or the publisher sees the consumer.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "Nobody wakes the consumer.")
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The consumer saw work and stays awake.")
@Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The publisher wakes the consumer.")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both; a wake-up too many is harmless.")
@State
public class LostWakeUpStress {
    private final Sequence sequence = new Sequence(0);
    private final Waiter waiter = new Waiter(Waiting.BLOCKING);
    private final RingSignal signal = new RingSignal();

    public LostWakeUpStress() {
        signal.register(waiter);
    }

    /** The consumer, up to where it would park. */
    @Actor
    public void consumer(II_Result result) {
        waiter.announce(() -> sequence.get() == 1);
        result.r1 = (int) sequence.get();
    }

    /** The stage before it, or a publisher. */
    @Actor
    public void publisher(II_Result result) {
        sequence.set(1);
        result.r2 = signal.wake();
    }
}
