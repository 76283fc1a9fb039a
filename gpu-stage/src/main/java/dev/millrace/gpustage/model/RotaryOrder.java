package dev.millrace.gpustage.model;

import dev.millrace.gpustage.torch.NativeTensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The order of a head's elements in which neighbours are rotated together (Su et al. 2021,
 * arXiv:2104.09864), made of that of Hugging Face checkpoints, which rotate the first half of a
 * head with the second.
 *
 * <p>Scores are sums over a head, which do not change where queries and keys are reordered alike.
 */
final class RotaryOrder {
    private RotaryOrder() {}

    /** A copy of rows, or elements, of whole heads in that order. */
    static Tensor of(Tensor rows, int headDim) {
        long[] order = new long[Math.toIntExact(NativeTensors.shape(rows)[0])];
        for (int row = 0; row < order.length; row++) {
            int place = row % headDim;
            order[row] = row - place + place / 2 + (long) (place % 2) * (headDim / 2);
        }
        return NativeTensors.reordered(rows, order);
    }
}
