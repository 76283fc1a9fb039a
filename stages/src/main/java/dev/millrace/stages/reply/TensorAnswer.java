package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TensorRef;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The outputs of one request, as they came. Reused. */
final class TensorAnswer {
    /** One output: what it is, and where in {@link #data} it lies. */
    static final class Output {
        String name = "";
        Datatype datatype = Datatype.FP32;
        int rank;
        final long[] shape = new long[TensorRef.MAX_RANK];
        int offset;
        int lengthBytes;

        private void take(TensorRef tensor, int offset, int lengthBytes) {
            name = tensor.name;
            datatype = tensor.datatype;
            rank = tensor.rank;
            System.arraycopy(tensor.shape, 0, shape, 0, rank);
            this.offset = offset;
            this.lengthBytes = lengthBytes;
        }
    }

    private final GrowingBytes bytes = new GrowingBytes(4096);
    private final List<Output> outputs = new ArrayList<>();
    private int count;
    private @Nullable DirectBuffer only;

    /** Lets go of what is large; ready for another request. */
    void end() {
        bytes.clear();
        count = 0;
        only = null;
    }

    /** An output that has no other beside it stays where it is, in its slot. */
    void accept(ReplySlot slot) {
        if (count == outputs.size()) {
            outputs.add(new Output());
        }
        boolean alone = count == 0 && slot.last;
        outputs.get(count++).take(slot.tensor, bytes.length(), slot.count);
        if (alone) {
            only = slot.payload.buffer();
        } else {
            bytes.add(slot.payload.buffer(), 0, slot.count);
        }
    }

    /**
     * Little-endian, row-major, one output after the other; valid while the last slot that was
     * accepted is.
     */
    DirectBuffer data() {
        return only == null ? bytes.view() : only;
    }

    int count() {
        return count;
    }

    Output output(int index) {
        return outputs.get(index);
    }

    /** The output of that name, or null. */
    @Nullable Output find(String name) {
        for (int i = 0; i < count; i++) {
            if (outputs.get(i).name.equals(name)) {
                return outputs.get(i);
            }
        }
        return null;
    }

    /** For messages. */
    String names() {
        var names = new StringBuilder();
        for (int i = 0; i < count; i++) {
            names.append(i == 0 ? "'" : ", '").append(outputs.get(i).name).append('\'');
        }
        return names.toString();
    }
}
