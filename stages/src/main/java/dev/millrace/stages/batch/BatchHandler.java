package dev.millrace.stages.batch;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;

/**
 * Stamps what a lane groups by: a key that only requests of one shape share, and the time a request
 * may wait for company. The lane closes a group: on size, on a preferred size, on time, or at once
 * when it is free. Runs on: the {@code batch} thread.
 */
public final class BatchHandler implements EventHandler<RequestSlot> {
    private final ShapeKeys shapes;

    /**
     * @param shapeCount different shapes remembered at once
     */
    public BatchHandler(int shapeCount) {
        shapes = new ShapeKeys(shapeCount);
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (!slot.admitted()) {
            return;
        }
        RequestContext context = slot.context();
        ModelEntry model = context.model;
        if (model == null) {
            context.refuse(
                    RequestStatus.INTERNAL, "the request reached batch without a model", null);
            return;
        }
        ModelEntry.BatchLimits limits = model.batch();
        if (model.kind() == ModelKind.TENSOR) {
            if (slot.rows < 1 || slot.rows > limits.maxRows()) {
                context.refuse(
                        RequestStatus.INVALID,
                        "inputs: expected 1 to "
                                + limits.maxRows()
                                + " rows for model \""
                                + model.name()
                                + "\", got "
                                + slot.rows,
                        "inputs");
                return;
            }
            slot.batchKey = shapes.key(slot, limits.batched());
        } else {
            // Token runs of any length go together: the lane pads or packs them.
            slot.batchKey = slot.lane;
        }
        // The slot's own time, not a clock: a replay finds the same.
        slot.dueNanos = context.stamps.arrivalNanos() + limits.maxDelayNanos();
    }
}
