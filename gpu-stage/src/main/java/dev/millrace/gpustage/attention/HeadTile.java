package dev.millrace.gpustage.attention;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The arithmetic of {@link PagedAttention}: one query head and the keys or values of some
 * neighbouring positions, a tile.
 *
 * <p>Each operation is one whose result Java defines to the last bit, in an order that depends on
 * the lanes of a vector alone, so that the interpreter and the compilers give the same bits:
 * products are fused by {@code fma} and nowhere else, and no lanes are added by {@code
 * reduceLanes}, whose order is nobody's promise.
 */
final class HeadTile {
    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

    /** Lanes of a vector, and the most keys of a tile. */
    static final int WIDTH = LANES.length();

    private static final long VECTOR_BYTES = (long) WIDTH * Float.BYTES;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private static final VectorMask<Float> UPPER_8 = upper(8);
    private static final VectorMask<Float> UPPER_4 = upper(4);
    private static final VectorMask<Float> UPPER_2 = upper(2);
    private static final VectorMask<Float> UPPER_1 = upper(1);
    private static final VectorShuffle<Float> SWAP_8 = swap(8);
    private static final VectorShuffle<Float> SWAP_4 = swap(4);
    private static final VectorShuffle<Float> SWAP_2 = swap(2);
    private static final VectorShuffle<Float> SWAP_1 = swap(1);

    private final int headDim;

    /** Elements of a head that fill vectors. */
    private final int wholeDim;

    /** From a position's key or value to the next one's. */
    private final long tokenBytes;

    /** Scores are multiplied by it: attention's scale, and what makes e^x a power of 2. */
    private final float scale;

    /** For each key of a tile: products of its elements and the query's, to be added up. */
    private final float[] products = new float[WIDTH * WIDTH];

    HeadTile(int headDim, long tokenBytes) {
        this.headDim = headDim;
        this.wholeDim = headDim / WIDTH * WIDTH;
        this.tokenBytes = tokenBytes;
        this.scale = (float) (1 / (Math.sqrt(headDim) * StrictMath.log(2)));
    }

    /** Places that {@code keys} keys need in an array of scores. */
    static int room(int keys) {
        return Math.ceilDiv(keys, WIDTH) * WIDTH;
    }

    /** Sets a score for each of {@code count} keys, and anything in the rest of their room. */
    void score(
            MemorySegment cache,
            long key,
            int count,
            MemorySegment queries,
            long query,
            float[] scores,
            int into) {
        for (int i = 0; i < count; i += WIDTH) {
            long from = key + i * tokenBytes;
            int keys = Math.min(count - i, WIDTH);
            multiply(cache, from, keys, queries, query);
            addUp();
            FloatVector.fromArray(LANES, products, 0).mul(scale).intoArray(scores, into + i);
            if (wholeDim < headDim) {
                scoreRest(cache, from, keys, queries, query, scores, into + i);
            }
        }
    }

    /** Products of up to {@link #WIDTH} keys, a row each. */
    private void multiply(
            MemorySegment cache, long key, int count, MemorySegment queries, long query) {
        int d = 0;
        for (; d + 4 * WIDTH <= wholeDim; d += 4 * WIDTH) {
            long at = (long) d * Float.BYTES;
            FloatVector query0 = load(queries, query + at);
            FloatVector query1 = load(queries, query + at + VECTOR_BYTES);
            FloatVector query2 = load(queries, query + at + 2 * VECTOR_BYTES);
            FloatVector query3 = load(queries, query + at + 3 * VECTOR_BYTES);
            for (int i = 0; i < count; i++) {
                long from = key + i * tokenBytes + at;
                FloatVector row = load(cache, from).mul(query0);
                row = load(cache, from + VECTOR_BYTES).fma(query1, row);
                row = load(cache, from + 2 * VECTOR_BYTES).fma(query2, row);
                row = load(cache, from + 3 * VECTOR_BYTES).fma(query3, row);
                if (d > 0) {
                    row = row.add(FloatVector.fromArray(LANES, products, i * WIDTH));
                }
                row.intoArray(products, i * WIDTH);
            }
        }
        for (; d < wholeDim; d += WIDTH) {
            long at = (long) d * Float.BYTES;
            FloatVector query0 = load(queries, query + at);
            for (int i = 0; i < count; i++) {
                FloatVector row = load(cache, key + i * tokenBytes + at).mul(query0);
                if (d > 0) {
                    row = row.add(FloatVector.fromArray(LANES, products, i * WIDTH));
                }
                row.intoArray(products, i * WIDTH);
            }
        }
    }

    /** Adds up each row of products: lane i of the first row becomes the sum of row i. */
    private void addUp() {
        if (WIDTH > 8) {
            join(products, 8, UPPER_8, SWAP_8);
        }
        if (WIDTH > 4) {
            join(products, 4, UPPER_4, SWAP_4);
        }
        join(products, 2, UPPER_2, SWAP_2);
        join(products, 1, UPPER_1, SWAP_1);
    }

    /** Halves the rows: one row's partial sums go into lanes without a bit, another's with it. */
    private static void join(
            float[] rows, int half, VectorMask<Float> upper, VectorShuffle<Float> swap) {
        for (int row = 0; row < half; row++) {
            FloatVector a = FloatVector.fromArray(LANES, rows, row * WIDTH);
            FloatVector b = FloatVector.fromArray(LANES, rows, (row + half) * WIDTH);
            a.blend(b, upper).add(b.blend(a, upper).rearrange(swap)).intoArray(rows, row * WIDTH);
        }
    }

    private static VectorMask<Float> upper(int bit) {
        boolean[] lanes = new boolean[WIDTH];
        for (int lane = 0; lane < WIDTH; lane++) {
            lanes[lane] = (lane & bit) != 0;
        }
        return VectorMask.fromArray(LANES, lanes, 0);
    }

    private static VectorShuffle<Float> swap(int bit) {
        return VectorShuffle.fromOp(LANES, lane -> (lane ^ bit) % WIDTH);
    }

    /** Adds elements of a head that are too few for a vector. */
    private void scoreRest(
            MemorySegment cache,
            long key,
            int count,
            MemorySegment queries,
            long query,
            float[] scores,
            int into) {
        for (int i = 0; i < count; i++) {
            float dot = 0;
            for (int d = wholeDim; d < headDim; d++) {
                long offset = (long) d * Float.BYTES;
                float k = cache.get(FLOAT, key + i * tokenBytes + offset);
                dot = Math.fma(k, queries.get(FLOAT, query + offset), dot);
            }
            scores[into + i] = Math.fma(dot, scale, scores[into + i]);
        }
    }

    /**
     * Makes the scores of a block relative to the largest so far.
     *
     * @param before the largest score of the blocks before
     * @return the largest so far
     */
    float relate(float[] scores, int from, int count, float before) {
        int end = from + room(count);
        Arrays.fill(scores, from + count, end, Float.NEGATIVE_INFINITY);
        FloatVector largest = FloatVector.broadcast(LANES, before);
        for (int i = from; i < end; i += WIDTH) {
            largest = largest.max(FloatVector.fromArray(LANES, scores, i));
        }
        float most = largest.reduceLanes(VectorOperators.MAX);
        for (int i = from; i < end; i += WIDTH) {
            FloatVector.fromArray(LANES, scores, i).sub(most).intoArray(scores, i);
        }
        return most;
    }

    /**
     * Adds the weights of a block's keys, and their values, weighted.
     *
     * @param factor what the sums so far are multiplied by
     * @param totals at {@code total}, sums of weights, a lane each
     * @param sums at {@code sum}, sums of weighted values
     */
    void add(
            MemorySegment cache,
            long value,
            int count,
            float[] weights,
            int weight,
            float factor,
            float[] totals,
            int total,
            float[] sums,
            int sum) {
        FloatVector lanes = FloatVector.fromArray(LANES, totals, total).mul(factor);
        for (int i = 0; i < count; i += WIDTH) {
            lanes = lanes.add(FloatVector.fromArray(LANES, weights, weight + i));
        }
        lanes.intoArray(totals, total);
        int d = 0;
        for (; d + 4 * WIDTH <= wholeDim; d += 4 * WIDTH) {
            int into = sum + d;
            FloatVector sum0 = FloatVector.fromArray(LANES, sums, into).mul(factor);
            FloatVector sum1 = FloatVector.fromArray(LANES, sums, into + WIDTH).mul(factor);
            FloatVector sum2 = FloatVector.fromArray(LANES, sums, into + 2 * WIDTH).mul(factor);
            FloatVector sum3 = FloatVector.fromArray(LANES, sums, into + 3 * WIDTH).mul(factor);
            long from = value + (long) d * Float.BYTES;
            for (int i = 0; i < count; i++) {
                FloatVector w = FloatVector.broadcast(LANES, weights[weight + i]);
                long row = from + i * tokenBytes;
                sum0 = load(cache, row).fma(w, sum0);
                sum1 = load(cache, row + VECTOR_BYTES).fma(w, sum1);
                sum2 = load(cache, row + 2 * VECTOR_BYTES).fma(w, sum2);
                sum3 = load(cache, row + 3 * VECTOR_BYTES).fma(w, sum3);
            }
            sum0.intoArray(sums, into);
            sum1.intoArray(sums, into + WIDTH);
            sum2.intoArray(sums, into + 2 * WIDTH);
            sum3.intoArray(sums, into + 3 * WIDTH);
        }
        for (; d < wholeDim; d += WIDTH) {
            FloatVector sum0 = FloatVector.fromArray(LANES, sums, sum + d).mul(factor);
            for (int i = 0; i < count; i++) {
                FloatVector w = FloatVector.broadcast(LANES, weights[weight + i]);
                sum0 = load(cache, value + i * tokenBytes + (long) d * Float.BYTES).fma(w, sum0);
            }
            sum0.intoArray(sums, sum + d);
        }
        for (; d < headDim; d++) {
            float sum0 = sums[sum + d] * factor;
            for (int i = 0; i < count; i++) {
                float v = cache.get(FLOAT, value + i * tokenBytes + (long) d * Float.BYTES);
                sum0 = Math.fma(v, weights[weight + i], sum0);
            }
            sums[sum + d] = sum0;
        }
    }

    /** Writes sums of weighted values over the sum of the weights. */
    void write(float[] sums, int from, float[] totals, int at, MemorySegment out, long outAt) {
        float total = 0;
        for (int lane = 0; lane < WIDTH; lane++) {
            total += totals[at + lane];
        }
        int d = 0;
        for (; d < wholeDim; d += WIDTH) {
            FloatVector mean = FloatVector.fromArray(LANES, sums, from + d).div(total);
            // Which of several NaNs a processor hands on is nobody's promise.
            mean.blend(Float.NaN, mean.compare(VectorOperators.NE, mean))
                    .intoMemorySegment(out, outAt + (long) d * Float.BYTES, ORDER);
        }
        for (; d < headDim; d++) {
            float mean = sums[from + d] / total;
            out.set(FLOAT, outAt + (long) d * Float.BYTES, Float.isNaN(mean) ? Float.NaN : mean);
        }
    }

    private static FloatVector load(MemorySegment memory, long at) {
        return FloatVector.fromMemorySegment(LANES, memory, at, ORDER);
    }
}
