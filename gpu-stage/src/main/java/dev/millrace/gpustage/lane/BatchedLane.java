package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.schedule.BatchQueue;
import dev.millrace.gpustage.schedule.BatchSource;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestContext;
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

    /** Whose answer the item is part of. */
    abstract RequestContext context(R item);

    /** Ends the item's request where nobody waits for its answer any more. */
    private void dropGone(R item, LaneTurn turn) {
        if (hasEnded(item)) {
            return;
        }
        RequestContext context = context(item);
        if (cancelled(context)) {
            end(item, RequestStatus.CANCELLED, "the client went away");
        } else if (context.expired(turn.nowNanos)) {
            turn.event(LaneTurn.Event.EXPIRED, context.requestId);
            end(item, RequestStatus.DEADLINE, "the request's deadline has passed");
        }
    }

    /** Whether the item's request has ended. */
    abstract boolean hasEnded(R item);

    /** Adds the item's entry. */
    abstract void describe(R item, LaneTurn turn);

    /** Ends the item's request without an answer, unless it has ended. */
    abstract void end(R item, RequestStatus status, String message);

    @Override
    final long turn(LaneTurn turn) {
        queue.take(turn.nowNanos, turn.flush, chosen);
        boolean waits = chosen.isEmpty();
        // All of them first: a client that goes away meanwhile takes all of its items along.
        chosen.forEach(item -> dropGone(item, turn));
        chosen.removeIf(this::hasEnded);
        chosen.forEach(item -> describe(item, turn));
        if (!onRecord()) {
            chosen.forEach(item -> end(item, RequestStatus.JOURNAL_FAILED, NOT_ON_RECORD));
            chosen.clear();
        }
        if (!chosen.isEmpty()) {
            execute();
            chosen.clear();
        }
        return waits ? Math.max(1, queue.nanosUntilDue(turn.nowNanos)) : 0;
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
