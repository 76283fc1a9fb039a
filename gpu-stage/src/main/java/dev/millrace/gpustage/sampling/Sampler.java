package dev.millrace.gpustage.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Chooses a token from a row of logits: greedy, temperature, top-k, then top-p, in that order.
 *
 * <p>Runs on the lane's thread, one instance a lane; scratch is reused and nothing is allocated per
 * row. The choice depends on the row, the parameters and the generator's coordinates alone. Ties go
 * to the lower token id.
 */
public final class Sampler {
    /**
     * The row holds NaN or positive infinity, or nothing but negative infinity: there is no choice
     * to make.
     */
    public static final int INVALID_LOGITS = -1;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private final float[] logits;
    private final double[] weights;
    private final CandidateHeap heap;

    /** A sampler for rows of {@code vocabularySize} logits. */
    public Sampler(int vocabularySize) {
        logits = new float[vocabularySize];
        weights = new double[vocabularySize];
        heap = new CandidateHeap(vocabularySize);
    }

    /**
     * The token chosen from the row that begins at {@code offsetBytes}.
     *
     * @param temperature 0 is greedy
     * @param topK 0 keeps all
     * @param topP mass that is kept, in (0, 1]
     * @param uniform a draw in [0, 1); not used when greedy
     * @return a token id, or {@link #INVALID_LOGITS}
     */
    public int sample(
            MemorySegment rows,
            long offsetBytes,
            float temperature,
            int topK,
            float topP,
            double uniform) {
        MemorySegment.copy(rows, FLOAT, offsetBytes, logits, 0, logits.length);
        int best = argmax();
        if (best < 0 || temperature == 0) {
            return best;
        }
        double inverse = 1.0 / temperature;
        if (topK == 0 && topP >= 1) {
            return fromAll(logits[best], inverse, uniform);
        }
        return fromBest(logits[best], inverse, topK, topP, uniform);
    }

    private int argmax() {
        int best = INVALID_LOGITS;
        float most = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < logits.length; i++) {
            float logit = logits[i];
            if (logit > most) {
                most = logit;
                best = i;
            } else if (Float.isNaN(logit)) {
                return INVALID_LOGITS;
            }
        }
        return most == Float.POSITIVE_INFINITY ? INVALID_LOGITS : best;
    }

    private int fromAll(float most, double inverse, double uniform) {
        double total = 0;
        for (int i = 0; i < logits.length; i++) {
            weights[i] = Exponential.exp((logits[i] - (double) most) * inverse);
            total += weights[i];
        }
        double target = uniform * total;
        int last = 0;
        for (int i = 0; i < logits.length; i++) {
            if (weights[i] > 0) {
                last = i;
                target -= weights[i];
                if (target < 0) {
                    return i;
                }
            }
        }
        // Rounding left a crumb of the mass: it belongs to the last token that has any.
        return last;
    }

    private int fromBest(float most, double inverse, int topK, float topP, double uniform) {
        heap.fill(logits);
        int kept;
        if (topK == 0) {
            kept = takeMass(most, inverse, topP * totalMass(most, inverse));
        } else {
            kept = cut(takeCount(most, inverse, Math.min(topK, logits.length)), topP);
        }
        return draw(kept, uniform);
    }

    private double totalMass(float most, double inverse) {
        double total = 0;
        for (float logit : logits) {
            total += Exponential.exp((logit - (double) most) * inverse);
        }
        return total;
    }

    private int takeMass(float most, double inverse, double mass) {
        double sum = 0;
        for (int rank = 0; rank < logits.length; rank++) {
            weights[rank] = Exponential.exp((logits[heap.take(rank)] - (double) most) * inverse);
            sum += weights[rank];
            if (sum >= mass) {
                return rank + 1;
            }
        }
        return logits.length;
    }

    private int takeCount(float most, double inverse, int count) {
        for (int rank = 0; rank < count; rank++) {
            weights[rank] = Exponential.exp((logits[heap.take(rank)] - (double) most) * inverse);
        }
        return count;
    }

    /** The shortest prefix of the ranks with that share of their mass. */
    private int cut(int count, float share) {
        double total = 0;
        for (int rank = 0; rank < count; rank++) {
            total += weights[rank];
        }
        double sum = 0;
        for (int rank = 0; rank < count; rank++) {
            sum += weights[rank];
            if (sum >= share * total) {
                return rank + 1;
            }
        }
        return count;
    }

    private int draw(int kept, double uniform) {
        double total = 0;
        for (int rank = 0; rank < kept; rank++) {
            total += weights[rank];
        }
        double target = uniform * total;
        for (int rank = 0; rank < kept; rank++) {
            target -= weights[rank];
            if (target < 0) {
                return heap.taken(rank);
            }
        }
        return heap.taken(kept - 1);
    }
}
