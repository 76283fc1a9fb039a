package dev.millrace.tools.replay;

import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.OutputRecord;
import dev.millrace.journal.TensorRecord;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ReplySlot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far the vectors and tensors of a replay are from those on record. An output is kept only
 * until its other half is there. Any thread.
 */
final class Vectors {
    /**
     * How far two outputs are apart.
     *
     * @param cosine distance: 0 for the same direction, 2 for the opposite one
     * @param largest absolute difference of two elements
     */
    record Distance(double cosine, double largest) {
        /** The largest of each. */
        Distance and(Distance other) {
            return new Distance(Math.max(cosine, other.cosine), Math.max(largest, other.largest));
        }
    }

    private record Output(long requestId, int index) {}

    private final Map<Output, double[]> recorded = new HashMap<>();
    private final Map<Output, double[]> replayed = new HashMap<>();
    private final Map<Long, Distance> distances = new HashMap<>();

    /** An output of the recording; nothing where its elements are not on record. */
    synchronized void recorded(JournalRecord record) {
        TensorRecord tensor = TensorRecord.of(record);
        byte[] payload = tensor.payload();
        if (payload != null) {
            var output = new Output(record.requestId(), OutputRecord.of(record).index());
            add(output, elements(payload, tensor.datatype()), recorded, replayed);
        }
    }

    /** An output of the replay. */
    synchronized void replayed(ReplySlot slot) {
        boolean vector = slot.kind == ReplySlot.Kind.EMBEDDING;
        byte[] payload = new byte[vector ? slot.count * Float.BYTES : slot.count];
        slot.payload.buffer().getBytes(0, payload);
        Datatype type = vector ? Datatype.FP32 : slot.tensor.datatype;
        add(new Output(slot.requestId, slot.index), elements(payload, type), replayed, recorded);
    }

    /** The largest distances of a request's outputs; null where none could be compared. */
    synchronized @Nullable Distance of(long requestId) {
        return distances.get(requestId);
    }

    private void add(
            Output output,
            double[] elements,
            Map<Output, double[]> mine,
            Map<Output, double[]> others) {
        double[] other = others.remove(output);
        if (other == null) {
            mine.put(output, elements);
        } else if (other.length == elements.length) {
            distances.merge(output.requestId, between(elements, other), Distance::and);
        }
    }

    static Distance between(double[] one, double[] other) {
        double product = 0;
        double square = 0;
        double otherSquare = 0;
        double largest = 0;
        for (int i = 0; i < one.length; i++) {
            product += one[i] * other[i];
            square += one[i] * one[i];
            otherSquare += other[i] * other[i];
            largest = Math.max(largest, Math.abs(one[i] - other[i]));
        }
        if (largest == 0) {
            return new Distance(0, 0);
        }
        double norm = Math.sqrt(square) * Math.sqrt(otherSquare);
        double cosine = norm == 0 ? 1 : 1 - product / norm;
        return new Distance(Math.max(0, cosine), largest);
    }

    private static double[] elements(byte[] payload, Datatype type) {
        ByteBuffer bytes = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        double[] elements = new double[payload.length / type.bytes()];
        for (int i = 0; i < elements.length; i++) {
            int at = i * type.bytes();
            elements[i] =
                    switch (type) {
                        case FP64 -> bytes.getDouble(at);
                        case FP32 -> bytes.getFloat(at);
                        case FP16 -> Float.float16ToFloat(bytes.getShort(at));
                        case BF16 -> Float.intBitsToFloat(bytes.getShort(at) << 16);
                        case INT64, UINT64 -> bytes.getLong(at);
                        case INT32 -> bytes.getInt(at);
                        case UINT32 -> Integer.toUnsignedLong(bytes.getInt(at));
                        case INT16 -> bytes.getShort(at);
                        case UINT16 -> Short.toUnsignedInt(bytes.getShort(at));
                        case INT8 -> bytes.get(at);
                        case BOOL, UINT8 -> Byte.toUnsignedInt(bytes.get(at));
                    };
        }
        return elements;
    }
}
