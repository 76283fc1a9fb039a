package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.schedule.BatchQueue;
import dev.millrace.gpustage.schedule.BatchSource;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The turn of lanes that execute each item once: take a batch, forget who went away, execute.
 *
 * <p>Runs on: the lane's thread, which owns every item taken.
 */
abstract class BatchedLane<R extends BatchQueue.Item> extends LaneLoop {
    final BatchSource<R> queue;

    /** The batch that is being executed; empty between turns. */
    final List<R> chosen = new ArrayList<>();

    /** What the model threw last. */
    @Nullable RuntimeException failure;

    BatchedLane(int index, String modelName, LaneOutput output, BatchSource<R> queue) {
        super(index, modelName, output);
        this.queue = queue;
    }

    /** Executes {@link #chosen}, which is not empty, and publishes. */
    abstract void execute();

    /** Whether the item's request needs no answer; ends one whose client went away. */
    abstract boolean dropped(R item);

    /** Ends the item's request without an answer, unless it has ended. */
    abstract void end(R item, RequestStatus status, String message);

    @Override
    final long turn(boolean flush) {
        long now = output.clock().nanoTime();
        queue.take(now, flush, chosen);
        if (chosen.isEmpty()) {
            return Math.max(1, queue.nanosUntilDue(now));
        }
        chosen.removeIf(this::dropped);
        if (!chosen.isEmpty()) {
            execute();
            chosen.clear();
        }
        return 0;
    }

    /** What the model threw last, in one line. */
    final String failureReason() {
        return "the model failed: " + (failure == null ? "unknown" : ScriptModule.reason(failure));
    }

    @Override
    public final void failAll(Throwable cause) {
        List<R> all = queue.drain();
        all.addAll(chosen);
        chosen.clear();
        String message = "the lane stopped: " + ScriptModule.reason(cause);
        all.forEach(item -> end(item, RequestStatus.INTERNAL, message));
    }
}
