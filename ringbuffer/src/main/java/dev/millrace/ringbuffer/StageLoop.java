package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The duty cycle of one stage thread: waits for its dependencies, hands every slot to its handler,
 * advances, signals. One thread. A handler here does not throw; {@link RequestStage} and {@link
 * ReplyStage} see to that.
 */
final class StageLoop<T> implements Runnable {
    private final RingBuffer<T> ring;
    private final RingSignal signal;
    private final List<Sequence> dependencies;
    private final List<EventHandler<T>> passes;
    private final Waiter waiter;
    private final Sequence position = new Sequence();
    private final BooleanSupplier ready = this::ready;
    private volatile boolean stopping;

    /**
     * @param dependencies sequences of the stages before; empty for a stage that follows the
     *     publishers
     * @param passes each sees every slot of a batch before the next sees the first
     */
    StageLoop(
            RingBuffer<T> ring,
            RingSignal signal,
            List<Sequence> dependencies,
            List<EventHandler<T>> passes,
            Waiting waiting) {
        this.ring = ring;
        this.signal = signal;
        this.dependencies = List.copyOf(dependencies);
        this.passes = List.copyOf(passes);
        this.waiter = new Waiter(waiting);
        signal.register(waiter);
    }

    @Override
    public void run() {
        try {
            for (EventHandler<T> pass : passes) {
                pass.onStart();
            }
            while (true) {
                // Read before looking: what was published before the stop is handled.
                boolean last = stopping;
                long next = position.get() + 1;
                long available = available(next);
                if (available >= next) {
                    handle(next, available);
                    waiter.worked();
                } else if (last) {
                    break;
                } else {
                    waiter.idle(ready, Long.MAX_VALUE);
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("a guarded handler threw", e);
        } finally {
            passes.forEach(EventHandler::onShutdown);
        }
    }

    private void handle(long from, long to) throws Exception {
        for (int i = 0; i < passes.size(); i++) {
            EventHandler<T> pass = passes.get(i);
            for (long sequence = from; sequence <= to; sequence++) {
                pass.onEvent(ring.get(sequence), sequence, sequence == to);
            }
        }
        // Not before the last call: a handler may leave its work to the end of the batch, as the
        // journal does that syncs once for all of it, and nobody behind it sees a slot until then.
        position.set(to);
        signal.signalAllWhenBlocking();
    }

    /** The highest sequence that may be handled; below {@code next} where there is none. */
    private long available(long next) {
        if (dependencies.isEmpty()) {
            // Publishers claim in order and publish in any: stop at the first gap.
            long cursor = ring.getCursor();
            long sequence = next;
            while (sequence <= cursor && ring.isAvailable(sequence)) {
                sequence++;
            }
            return sequence - 1;
        }
        long lowest = Long.MAX_VALUE;
        for (int i = 0; i < dependencies.size(); i++) {
            lowest = Math.min(lowest, dependencies.get(i).get());
        }
        return lowest;
    }

    private boolean ready() {
        long next = position.get() + 1;
        return stopping || available(next) >= next;
    }

    Sequence position() {
        return position;
    }

    /** Any thread: return once nothing is left. */
    void stop() {
        stopping = true;
        waiter.wakeIfParked();
    }
}
