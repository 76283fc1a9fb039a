package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import java.util.List;

/**
 * One consumer of a ring: hands what may be handled to its passes, advances, signals. A handler
 * here does not throw; {@link RequestStage} and {@link ReplyStage} see to that. Runs on: one thread
 * at a time, which {@link StageLoop} or {@link RunToCompletion} is.
 */
final class StageConsumer<T> {
    private final RingBuffer<T> ring;
    private final RingSignal signal;
    private final List<Sequence> dependencies;
    private final List<EventHandler<T>> passes;
    private final Sequence position = new Sequence();

    /**
     * @param dependencies sequences of the stages before; empty for a stage that follows the
     *     publishers
     * @param passes each sees every slot of a batch before the next sees the first
     */
    StageConsumer(
            RingBuffer<T> ring,
            RingSignal signal,
            List<Sequence> dependencies,
            List<EventHandler<T>> passes) {
        this.ring = ring;
        this.signal = signal;
        this.dependencies = List.copyOf(dependencies);
        this.passes = List.copyOf(passes);
    }

    /** Handles every slot there is; false where there was none. */
    boolean turn() {
        long next = position.get() + 1;
        long available = available(next);
        if (available < next) {
            return false;
        }
        try {
            handle(next, available);
        } catch (Exception e) {
            throw new IllegalStateException("a guarded handler threw", e);
        }
        return true;
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

    /** Whether a turn would find something. Any thread. */
    boolean ready() {
        long next = position.get() + 1;
        return available(next) >= next;
    }

    /** Before the first turn. */
    void begin() {
        passes.forEach(EventHandler::onStart);
    }

    /** After the last turn. */
    void end() {
        passes.forEach(EventHandler::onShutdown);
    }

    RingSignal signal() {
        return signal;
    }

    Sequence position() {
        return position;
    }
}
