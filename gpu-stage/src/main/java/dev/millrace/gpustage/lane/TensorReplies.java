package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.TorchScriptModel;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TensorRef;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Publishes output tensors, or the rows of them that belong to one request. Runs on the lane's
 * thread.
 */
final class TensorReplies {
    /** The whole tensor belongs to the request. */
    static final int ALL_ROWS = -1;

    private final TorchScriptModel model;
    private final LaneOutput output;
    private final UnsafeBuffer elements = new UnsafeBuffer(0, 0);

    TensorReplies(TorchScriptModel model, LaneOutput output) {
        this.model = model;
        this.output = output;
    }

    /**
     * Publishes a request's last replies.
     *
     * @param rows {@link #ALL_ROWS}, or how many rows from {@code firstRow} on
     */
    void publish(RequestContext context, List<Tensor> outputs, int firstRow, int rows) {
        String problem = problem(outputs, rows);
        if (problem != null) {
            output.refuse(context, RequestStatus.INTERNAL, problem, null);
            return;
        }
        output.stampEnd(context);
        for (int i = 0; i < outputs.size(); i++) {
            publish(context, outputs, i, firstRow, rows);
        }
    }

    private void publish(
            RequestContext context, List<Tensor> outputs, int index, int firstRow, int rows) {
        Tensor tensor = outputs.get(index);
        long[] shape = NativeTensors.shape(tensor);
        long bytes = bytes(tensor, shape, rows);
        long sequence =
                output.replies().open(ReplySlot.Kind.TENSOR, context, Math.toIntExact(bytes));
        ReplySlot slot = output.replies().slot(sequence);
        if (bytes > 0) {
            MemorySegment memory = NativeTensors.memory(tensor);
            long offset = rows == ALL_ROWS ? 0 : bytes / rows * firstRow;
            elements.wrap(memory.address() + offset, (int) bytes);
            slot.payload.buffer().putBytes(0, elements, 0, (int) bytes);
        }
        describe(slot.tensor, tensor, index, shape, rows);
        slot.index = index;
        slot.count = (int) bytes;
        slot.last = index == outputs.size() - 1;
        output.replies().publish(sequence);
    }

    private void describe(TensorRef ref, Tensor tensor, int index, long[] shape, int rows) {
        Datatype datatype = NativeTensors.datatype(tensor);
        if (datatype == null) {
            throw new IllegalStateException("an output without a datatype was not refused");
        }
        ref.name = model.outputName(index);
        ref.datatype = datatype;
        ref.rank = shape.length;
        System.arraycopy(shape, 0, ref.shape, 0, shape.length);
        if (rows != ALL_ROWS) {
            ref.shape[0] = rows;
        }
    }

    private @Nullable String problem(List<Tensor> outputs, int rows) {
        if (outputs.isEmpty()) {
            return "the model gave no outputs";
        }
        for (int i = 0; i < outputs.size(); i++) {
            Tensor tensor = outputs.get(i);
            long[] shape = NativeTensors.shape(tensor);
            if (NativeTensors.datatype(tensor) == null) {
                return "output "
                        + model.outputName(i)
                        + " has an element type that no protocol carries";
            }
            if (shape.length > TensorRef.MAX_RANK) {
                return "output "
                        + model.outputName(i)
                        + " has "
                        + shape.length
                        + " dimensions; at most "
                        + TensorRef.MAX_RANK
                        + " are answered";
            }
            if (bytes(tensor, shape, rows) > output.replies().maxPayloadBytes()) {
                return "output "
                        + model.outputName(i)
                        + " has "
                        + bytes(tensor, shape, rows)
                        + " bytes; at most "
                        + output.replies().maxPayloadBytes()
                        + " are answered";
            }
        }
        return null;
    }

    private static long bytes(Tensor tensor, long[] shape, int rows) {
        return rows == ALL_ROWS || shape[0] == 0
                ? tensor.nbytes()
                : tensor.nbytes() / shape[0] * rows;
    }
}
