package dev.millrace.gpustage.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Likelihoods relative to the likeliest token, {@code e^((logit - most) / temperature)} as floats
 * in [0, 1], of a row or of what is left of it; and their sums by block of {@link
 * BlockMaxima#BLOCK}.
 *
 * <p>A weight below min-p, and one below 2^-126, is 0. The others are right to 3 parts in 10^6, the
 * large ones to 3 in 10^7. Made of additions, multiplications and fused multiply-adds only, each
 * rounded as IEEE 754 has it, and summed in an order that depends on the length alone: interpreted,
 * compiled and vectorised runs agree to the bit, which {@link Math#exp} does not promise.
 *
 * <p>Reused by one {@link Sampler}.
 */
final class Weights {
    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
    private static final double LOG2_E = 1.4426950408889634;

    /** Floats of this size have no bits behind the point: adding it rounds to an integer. */
    private static final float ROUNDER = 0x1.8p23f;

    /**
     * Logits at a time, so that what one loop writes the next one finds in the first-level cache.
     */
    private static final int CHUNK = 2048;

    private final float[] weights;
    private final int[] exponents;
    private final double[] sums;
    private int length;

    // Of the row at hand.
    private float most;
    private float scale;
    private int leastBits;

    Weights(int vocabularySize) {
        weights = new float[vocabularySize];
        exponents = new int[vocabularySize];
        sums = new double[BlockMaxima.count(vocabularySize)];
    }

    /**
     * What the row's weights are relative to.
     *
     * @param most the row's largest logit
     */
    void begin(float most, float temperature, float minP) {
        this.most = most;
        // Bounded, so that 0 times it is 0.
        this.scale = (float) Math.min(LOG2_E / temperature, Float.MAX_VALUE);
        this.leastBits = Float.floatToRawIntBits(Math.max(minP, Float.MIN_NORMAL));
    }

    /** A lower bound of the base-2 logarithm of every weight but 0. */
    int leastLog2() {
        return Math.getExponent(Float.intBitsToFloat(leastBits));
    }

    /** The base-2 logarithm of a logit's weight; at most 0. */
    float log2(float logit) {
        return (logit - most) * scale;
    }

    /**
     * To each logit its {@link #log2} times {@code factor}, cut to an integer. What is at least
     * {@code end} may be any integer from there to below {@code end + spread}, a power of two, and
     * is not the same for neighbours.
     */
    void quantise(float[] logits, int[] steps, int length, float factor, int end, int spread) {
        quantise(logits, steps, length, most, scale, factor, end, spread - 1);
    }

    private static void quantise(
            float[] logits,
            int[] steps,
            int length,
            float most,
            float scale,
            float factor,
            int end,
            int mask) {
        for (int i = 0; i < length; i++) {
            int step = (int) ((logits[i] - most) * scale * factor);
            steps[i] = Math.min(step, end + (i & mask));
        }
    }

    /** Computes the weights of the first {@code length} of {@code logits}. */
    void fill(float[] logits, int length) {
        this.length = length;
        for (int from = 0; from < length; from += CHUNK) {
            int to = Math.min(from + CHUNK, length);
            fractions(logits, weights, exponents, from, to, most, scale);
            raise(weights, exponents, from, to, leastBits);
        }
    }

    /**
     * 2^y is 2^n 2^f with n the integer next to y: gives n, and 2^f by the first terms of its
     * Taylor series.
     */
    private static void fractions(
            float[] logits,
            float[] weights,
            int[] exponents,
            int from,
            int to,
            float most,
            float scale) {
        for (int i = from; i < to; i++) {
            float y = (logits[i] - most) * scale;
            float n = (y + ROUNDER) - ROUNDER;
            float f = y - n;
            float sum = 1.5403530e-4f;
            sum = Math.fma(sum, f, 1.3333558e-3f);
            sum = Math.fma(sum, f, 9.618129e-3f);
            sum = Math.fma(sum, f, 5.550411e-2f);
            sum = Math.fma(sum, f, 2.402265e-1f);
            sum = Math.fma(sum, f, 6.931472e-1f);
            weights[i] = Math.fma(sum, f, 1f);
            exponents[i] = (int) n;
        }
    }

    /**
     * Adds n to the exponent of 2^f, and clears what is too small. On bits that a segment shows as
     * integers, because C2 of JDK 25 vectorises that and not {@link Float#intBitsToFloat}; through
     * one segment only, because it cannot tell two apart.
     */
    private static void raise(float[] weights, int[] exponents, int from, int to, int leastBits) {
        MemorySegment powers = MemorySegment.ofArray(weights);
        for (int i = from; i < to; i++) {
            int n = exponents[i];
            int bits = powers.get(BITS, 4L * i) + (n << 23);
            int tooSmall = ((n - Float.MIN_EXPONENT) >> 31) | ((bits - leastBits) >> 31);
            powers.set(BITS, 4L * i, bits & ~tooSmall);
        }
    }

    /** The weights; valid up to the length filled last. */
    float[] array() {
        return weights;
    }

    /** The sum of all weights, by blocks. */
    double sum() {
        double total = 0;
        int blocks = BlockMaxima.count(length);
        for (int block = 0; block < blocks; block++) {
            int from = block * BlockMaxima.BLOCK;
            sums[block] = sum(weights, from, Math.min(from + BlockMaxima.BLOCK, length));
            total += sums[block];
        }
        return total;
    }

    /** The sum of a block, after {@link #sum()}. */
    double sum(int block) {
        return sums[block];
    }

    /** Eight sums side by side, so that an addition need not wait for the one before. */
    private static double sum(float[] weights, int from, int to) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float e = 0;
        float f = 0;
        float g = 0;
        float h = 0;
        int i = from;
        for (; i + 7 < to; i += 8) {
            a += weights[i];
            b += weights[i + 1];
            c += weights[i + 2];
            d += weights[i + 3];
            e += weights[i + 4];
            f += weights[i + 5];
            g += weights[i + 6];
            h += weights[i + 7];
        }
        for (; i < to; i++) {
            a += weights[i];
        }
        return ((double) a + b) + ((double) c + d) + (((double) e + f) + ((double) g + h));
    }

    /** How many weights are at least {@code least}, which is above 0. */
    int count(float least) {
        return count(weights, length, Float.floatToRawIntBits(least));
    }

    private static int count(float[] weights, int length, int least) {
        MemorySegment bits = MemorySegment.ofArray(weights);
        int lighter = 0;
        for (int i = 0; i < length; i++) {
            lighter += (bits.get(BITS, 4L * i) - least) >>> 31;
        }
        return length - lighter;
    }

    /**
     * The index at which the running sum passes {@code target}, from the first index up; after
     * {@link #sum()}. The last one with a weight where rounding left a crumb beyond all of them.
     */
    int pass(double target) {
        int blocks = BlockMaxima.count(length);
        int last = 0;
        double left = target;
        for (int block = 0; block < blocks; block++) {
            if (sums[block] == 0) {
                continue;
            }
            last = block;
            if (left < sums[block]) {
                break;
            }
            left -= sums[block];
        }
        return passWithin(last, left);
    }

    private int passWithin(int block, double target) {
        int from = block * BlockMaxima.BLOCK;
        int to = Math.min(from + BlockMaxima.BLOCK, length);
        int last = from;
        double left = target;
        for (int i = from; i < to; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    break;
                }
            }
        }
        return last;
    }
}
