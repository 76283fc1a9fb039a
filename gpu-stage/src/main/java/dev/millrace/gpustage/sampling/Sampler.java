package dev.millrace.gpustage.sampling;

import dev.millrace.ringbuffer.SamplingParams;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a token from a row of logits: biases and penalties ({@link LogitEdits}), then greedy or
 * temperature, min-p, top-k and top-p, in that order, each of what the one before kept.
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

    // Of the row at hand.
    private float most;
    private double inverse;
    private double minWeight;

    /** A sampler for rows of {@code vocabularySize} logits. */
    public Sampler(int vocabularySize) {
        logits = new float[vocabularySize];
        weights = new double[vocabularySize];
        heap = new CandidateHeap(vocabularySize);
    }

    /**
     * The token chosen from the row that begins at {@code offsetBytes}.
     *
     * @param params how; biased ids are below the vocabulary's size
     * @param counts the generation's tokens, where {@link SamplingParams#penalises}; else null
     * @param uniform a draw in [0, 1); not used when greedy
     * @return a token id, or {@link #INVALID_LOGITS}
     */
    public int sample(
            MemorySegment rows,
            long offsetBytes,
            SamplingParams params,
            @Nullable TokenCounts counts,
            double uniform) {
        MemorySegment.copy(rows, FLOAT, offsetBytes, logits, 0, logits.length);
        LogitEdits.addBiases(logits, params);
        if (counts != null) {
            LogitEdits.penalise(logits, params, counts);
        }
        int best = argmax();
        if (best < 0 || params.temperature == 0) {
            return best;
        }
        most = logits[best];
        inverse = 1.0 / params.temperature;
        minWeight = params.minP;
        if (params.topK == 0 && params.topP >= 1) {
            return fromAll(uniform);
        }
        return fromBest(params.topK, params.topP, uniform);
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

    /** Likelihood relative to the likeliest token, in [0, 1]; 0 for what min-p cuts. */
    private double weight(int id) {
        double weight = Exponential.exp((logits[id] - (double) most) * inverse);
        return weight < minWeight ? 0 : weight;
    }

    private int fromAll(double uniform) {
        double total = 0;
        for (int i = 0; i < logits.length; i++) {
            weights[i] = weight(i);
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

    private int fromBest(int topK, float topP, double uniform) {
        heap.fill(logits);
        int kept;
        if (topK == 0) {
            kept = takeMass(topP * totalMass());
        } else {
            kept = cut(takeCount(Math.min(topK, logits.length)), topP);
        }
        return draw(kept, uniform);
    }

    private double totalMass() {
        double total = 0;
        for (int id = 0; id < logits.length; id++) {
            total += weight(id);
        }
        return total;
    }

    /** Candidates down to that mass, or to the last that has any. */
    private int takeMass(double mass) {
        double sum = 0;
        for (int rank = 0; rank < logits.length; rank++) {
            weights[rank] = weight(heap.take(rank));
            if (weights[rank] == 0) {
                return rank;
            }
            sum += weights[rank];
            if (sum >= mass) {
                return rank + 1;
            }
        }
        return logits.length;
    }

    private int takeCount(int count) {
        for (int rank = 0; rank < count; rank++) {
            weights[rank] = weight(heap.take(rank));
            if (weights[rank] == 0) {
                return rank;
            }
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
