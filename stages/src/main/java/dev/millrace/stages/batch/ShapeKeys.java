package dev.millrace.stages.batch;

import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorRef;
import java.util.Arrays;
import org.agrona.BitUtil;
import org.jspecify.annotations.Nullable;

/**
 * Numbers for shapes: the same for two requests of a lane exactly when their inputs agree in
 * datatypes and in all dimensions but the rows. Bounded; owned by the batch thread.
 *
 * <p>A full table is emptied and numbers go on counting, so that a client who sends a thousand odd
 * shapes costs others a group that is closed early, and no more.
 */
final class ShapeKeys {
    private static final int SIGNATURE_LONGS =
            1 + RequestSlot.MAX_TENSORS * (1 + TensorRef.MAX_RANK);

    private final long[] scratch = new long[SIGNATURE_LONGS];
    private final long[] @Nullable [] signatures;
    private final int[] keys;
    private final int limit;
    private int count;
    private int nextKey;

    ShapeKeys(int limit) {
        this.limit = limit;
        int cells = BitUtil.findNextPositivePowerOfTwo(2 * limit);
        signatures = new long[cells][];
        keys = new int[cells];
    }

    /**
     * The slot's key.
     *
     * @param batched whether the first dimension counts rows, which may differ
     */
    int key(RequestSlot slot, boolean batched) {
        int length = sign(slot, batched);
        int cell = find(length);
        if (signatures[cell] != null) {
            return keys[cell];
        }
        if (count == limit) {
            Arrays.fill(signatures, null);
            count = 0;
            cell = find(length);
        }
        signatures[cell] = Arrays.copyOf(scratch, length);
        keys[cell] = nextKey++;
        count++;
        return keys[cell];
    }

    private int sign(RequestSlot slot, boolean batched) {
        int length = 0;
        scratch[length++] = slot.lane;
        for (int i = 0; i < slot.inputCount; i++) {
            TensorRef tensor = slot.inputs[i];
            scratch[length++] = (long) tensor.datatype.ordinal() << 32 | tensor.rank;
            for (int d = batched ? 1 : 0; d < tensor.rank; d++) {
                scratch[length++] = tensor.shape[d];
            }
        }
        return length;
    }

    /** The cell that holds the signature, or the free one where it belongs. */
    private int find(int length) {
        int mask = keys.length - 1;
        long hash = 1;
        for (int i = 0; i < length; i++) {
            hash = (hash ^ scratch[i]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 32;
        }
        int cell = (int) hash & mask;
        while (signatures[cell] != null
                && !Arrays.equals(
                        signatures[cell], 0, signatures[cell].length, scratch, 0, length)) {
            cell = (cell + 1) & mask;
        }
        return cell;
    }
}
