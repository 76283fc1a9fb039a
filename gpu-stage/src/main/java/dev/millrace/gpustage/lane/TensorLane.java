package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.TorchScriptModel;
import dev.millrace.gpustage.schedule.BatchQueue;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A fixed-shape model's lane: requests with one batch key are joined by rows, executed once, and
 * their outputs split.
 *
 * <p>Runs on: its own thread. Owns: the model and the inputs of every request taken. A batch that
 * throws, or whose outputs do not have a row for each of its inputs', is repeated request by
 * request.
 */
public final class TensorLane extends BatchedLane<TensorRequest> {
    private final TorchScriptModel model;
    private final int maxWaiting;
    private final TensorReplies replies;

    /**
     * A lane for {@code model}.
     *
     * @param maxWaiting requests that may wait before further ones stay in the ring
     */
    public TensorLane(
            int index,
            String modelName,
            TorchScriptModel model,
            ModelEntry.BatchLimits limits,
            int maxWaiting,
            LaneOutput output) {
        super(
                index,
                modelName,
                output,
                new BatchQueue<>(limits.batched() ? limits.maxRows() : 1, limits.preferredRows()));
        this.model = model;
        this.maxWaiting = maxWaiting;
        this.replies = new TensorReplies(model, output);
    }

    @Override
    boolean take(RequestSlot slot) {
        if (queue.size() >= maxWaiting) {
            return false;
        }
        TensorRequest request = new TensorRequest(slot);
        try (TensorScope scope = TensorScope.open()) {
            for (String name : model.inputNames()) {
                TensorRef ref = find(slot, name);
                if (ref == null) {
                    request.release();
                    output.refuse(
                            request.context,
                            RequestStatus.INVALID,
                            "input "
                                    + name
                                    + " is missing; "
                                    + model.inputNames()
                                    + " are expected",
                            "inputs");
                    return true;
                }
                request.inputs.add(scope.keep(copy(slot, ref)));
            }
        } catch (RuntimeException e) {
            request.release();
            throw e;
        }
        taken();
        queue.add(request);
        return true;
    }

    private static @Nullable TensorRef find(RequestSlot slot, String name) {
        for (int i = 0; i < slot.inputCount; i++) {
            if (slot.inputs[i].name.equals(name)) {
                return slot.inputs[i];
            }
        }
        return null;
    }

    private static Tensor copy(RequestSlot slot, TensorRef ref) {
        var payload = ref.inBody ? slot.body : slot.decoded;
        DirectBuffer buffer = payload.buffer();
        long[] shape = Arrays.copyOf(ref.shape, ref.rank);
        long bytes = Math.multiplyExact(NativeTensors.elements(shape), (long) ref.datatype.bytes());
        if (bytes < 0
                || bytes != ref.lengthBytes
                || ref.offset < 0
                || bytes > payload.length() - (long) ref.offset) {
            throw new IllegalArgumentException(
                    "input " + ref.name + " of " + bytes + " bytes does not lie in its payload");
        }
        return ref.datatype == Datatype.BOOL
                ? NativeTensors.copyOfBooleans(buffer, ref.offset, shape)
                : NativeTensors.copyOf(buffer, ref.offset, ref.datatype, shape);
    }

    @Override
    RequestContext context(TensorRequest request) {
        return request.context;
    }

    @Override
    boolean hasEnded(TensorRequest request) {
        return request.ended();
    }

    @Override
    void describe(TensorRequest request, LaneTurn turn) {
        turn.entry(request.context.requestId, 0, 0, request.rows(), 0);
    }

    @Override
    void execute() {
        int rows = 0;
        for (TensorRequest request : chosen) {
            rows += request.rows();
            output.stampStart(request.context);
        }
        output.counters().increment(Counter.BATCHES);
        output.counters().add(Counter.BATCHED_ROWS, rows);
        beginStep(chosen.size(), rows);
        if (chosen.size() == 1 || !runTogether(rows)) {
            event.failed = chosen.size() > 1;
            while (!chosen.isEmpty()) {
                runAlone(chosen.getFirst());
            }
        }
        endStep();
    }

    /** False where nothing was published and each request must be executed by itself. */
    private boolean runTogether(int rows) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> outputs = run(joined());
            if (outputs == null || !outputs.stream().allMatch(tensor -> hasRows(tensor, rows))) {
                return false;
            }
            int row = 0;
            while (!chosen.isEmpty()) {
                TensorRequest request = chosen.removeFirst();
                release(request);
                replies.publish(request.context, outputs, row, request.rows());
                row += request.rows();
            }
            return true;
        }
    }

    private void runAlone(TensorRequest request) {
        try (TensorScope _ = TensorScope.open()) {
            List<Tensor> outputs = run(request.inputs);
            if (outputs == null) {
                // Without a declaration nobody else could tell that these inputs are not the
                // model's.
                boolean declared = model.declaration() != null;
                end(
                        request,
                        declared ? RequestStatus.INTERNAL : RequestStatus.INVALID,
                        failureReason());
            } else {
                release(request);
                replies.publish(request.context, outputs, 0, TensorReplies.ALL_ROWS);
            }
            chosen.remove(request);
        }
    }

    private @Nullable List<Tensor> run(@Nullable List<Tensor> inputs) {
        try {
            return inputs == null ? null : model.run(inputs);
        } catch (RuntimeException e) {
            failure = e;
            return null;
        }
    }

    private @Nullable List<Tensor> joined() {
        try {
            List<Tensor> joined = new ArrayList<>();
            for (int i = 0; i < model.inputNames().size(); i++) {
                Tensor[] parts = new Tensor[chosen.size()];
                for (int k = 0; k < parts.length; k++) {
                    parts[k] = chosen.get(k).inputs.get(i);
                }
                joined.add(NativeTensors.stack(parts));
            }
            return joined;
        } catch (RuntimeException e) {
            failure = e;
            return null;
        }
    }

    private static boolean hasRows(Tensor tensor, int rows) {
        long[] shape = NativeTensors.shape(tensor);
        return shape.length > 0 && shape[0] == rows;
    }

    private void release(TensorRequest request) {
        request.release();
        ended();
    }

    @Override
    void end(TensorRequest request, RequestStatus status, String message) {
        release(request);
        output.refuse(request.context, status, message, null);
    }

    @Override
    public void close() {
        model.close();
    }
}
