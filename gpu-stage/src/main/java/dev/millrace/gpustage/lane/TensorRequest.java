package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.schedule.BatchQueue;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A tensor request that was taken, with its inputs in the order of the model. Owned by the lane's
 * thread.
 */
final class TensorRequest implements BatchQueue.Item {
    final RequestContext context;
    final List<Tensor> inputs = new ArrayList<>();
    private final int rows;
    private final int batchKey;
    private final long dueNanos;
    private boolean ended;

    TensorRequest(RequestSlot slot) {
        context = slot.context();
        rows = Math.max(1, slot.rows);
        batchKey = slot.batchKey;
        dueNanos = slot.dueNanos;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int batchKey() {
        return batchKey;
    }

    @Override
    public long dueNanos() {
        return dueNanos;
    }

    /** Whether its answer or refusal is out. */
    boolean ended() {
        return ended;
    }

    /** Frees the inputs: the request ends. */
    void release() {
        ended = true;
        inputs.forEach(TensorScope::free);
        inputs.clear();
    }
}
