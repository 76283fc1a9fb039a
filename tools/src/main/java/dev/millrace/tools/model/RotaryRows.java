package dev.millrace.tools.model;

import dev.millrace.gpustage.weights.ElementReader;
import java.io.IOException;

/**
 * Rows of a q or k projection in another order.
 *
 * <p>Hugging Face rotates the elements {@code j} and {@code j + d/2} of a head of {@code d}
 * together; GGUF's architecture {@code llama} rotates {@code 2j} and {@code 2j + 1}. It is the same
 * model where the rows of each head are moved accordingly.
 */
final class RotaryRows implements ElementReader {
    private final ElementReader source;
    private final int headDim;
    private final int rowLength;
    private final boolean fromPairs;
    private final float[] row;

    private RotaryRows(ElementReader source, int headDim, int rowLength, boolean fromPairs) {
        this.source = source;
        this.headDim = headDim;
        this.rowLength = rowLength;
        this.fromPairs = fromPairs;
        this.row = new float[rowLength];
    }

    /** GGUF's order of what {@code halves} holds in Hugging Face's. */
    static ElementReader toPairs(ElementReader halves, int headDim, int rowLength) {
        return new RotaryRows(halves, headDim, rowLength, false);
    }

    /** Hugging Face's order of what {@code pairs} holds in GGUF's. */
    static ElementReader toHalves(ElementReader pairs, int headDim, int rowLength) {
        return new RotaryRows(pairs, headDim, rowLength, true);
    }

    @Override
    public void read(long from, float[] chunk, int count) throws IOException {
        int done = 0;
        while (done < count) {
            long at = from + done;
            source.read(sourceRow(at / rowLength) * rowLength, row, rowLength);
            int column = (int) (at % rowLength);
            int part = Math.min(rowLength - column, count - done);
            System.arraycopy(row, column, chunk, done, part);
            done += part;
        }
    }

    private long sourceRow(long target) {
        int within = (int) (target % headDim);
        int half = headDim / 2;
        int sourceWithin =
                fromPairs ? 2 * (within % half) + within / half : within / 2 + within % 2 * half;
        return target - within + sourceWithin;
    }
}
