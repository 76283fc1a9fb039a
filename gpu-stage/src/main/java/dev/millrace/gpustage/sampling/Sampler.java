package dev.millrace.gpustage.sampling;

import dev.millrace.ringbuffer.SamplingParams;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a token from a row of logits: biases and penalties ({@link LogitEdits}) and masks ({@link
 * TokenMask}), then greedy or temperature, min-p, top-k and top-p, in that order, each of what the
 * one before kept.
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

    /** No token with a finite logit is both allowed and not banned. */
    public static final int NO_CHOICE = -2;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Less than 1 by more than sums of floats are wrong by. */
    private static final double SLACK = 0.99;

    /** Above one in so many tokens, taking them out of the row costs more than it saves. */
    private static final int MANY = 8;

    private final float[] logits;
    private final BlockMaxima maxima;
    private final Weights weights;
    private final Candidates candidates;
    private final Ranking ranking;
    private final LogSoftmax logSoftmax;

    /** Columns of a row. */
    public int vocabularySize() {
        return logits.length;
    }

    /** A sampler for rows of {@code vocabularySize} logits. */
    public Sampler(int vocabularySize) {
        logits = new float[vocabularySize];
        maxima = new BlockMaxima(vocabularySize);
        weights = new Weights(vocabularySize);
        candidates = new Candidates(vocabularySize);
        ranking = new Ranking(vocabularySize, candidates, weights);
        logSoftmax = new LogSoftmax(maxima, weights);
    }

    /** The token chosen where every token is allowed. */
    public int sample(
            MemorySegment rows,
            long offsetBytes,
            SamplingParams params,
            @Nullable TokenCounts counts,
            double uniform) {
        return sample(rows, offsetBytes, params, counts, null, null, uniform);
    }

    /**
     * The token chosen from the row that begins at {@code offsetBytes}. Logits of tokens that are
     * not allowed, or are banned, are not looked at.
     *
     * @param params how; biased ids are below the vocabulary's size
     * @param counts the generation's tokens, where {@link SamplingParams#penalises}; else null
     * @param allowed bit {@code j} of word {@code i} allows token {@code 64 * i + j}, and tokens
     *     behind its last word are not allowed; null allows all
     * @param banned ids not to choose, such as ends of text before {@link
     *     SamplingParams#minTokens}; those outside the vocabulary mean nothing; null bans none
     * @param uniform a draw in [0, 1); not used when greedy
     * @return a token id, {@link #INVALID_LOGITS} or {@link #NO_CHOICE}
     */
    public int sample(
            MemorySegment rows,
            long offsetBytes,
            SamplingParams params,
            @Nullable TokenCounts counts,
            long @Nullable [] allowed,
            int @Nullable [] banned,
            double uniform) {
        MemorySegment.copy(rows, FLOAT, offsetBytes, logits, 0, logits.length);
        LogitEdits.addBiases(logits, params);
        if (counts != null) {
            LogitEdits.penalise(logits, params, counts);
        }
        if (allowed != null) {
            TokenMask.keepAllowed(logits, allowed);
        }
        if (banned != null) {
            TokenMask.ban(logits, banned);
        }
        int most = maxima.scan(logits);
        if (most >= LogitKey.POSITIVE_INFINITY) {
            return INVALID_LOGITS;
        }
        if (most == LogitKey.NEGATIVE_INFINITY) {
            return allowed == null && banned == null ? INVALID_LOGITS : NO_CHOICE;
        }
        if (params.temperature == 0) {
            return maxima.first(logits, most);
        }
        weights.begin(LogitKey.logit(most), params.temperature, params.minP);
        if (params.topK == 0 && params.topP >= 1) {
            weights.fill(logits, logits.length);
            return weights.pass(uniform * weights.sum());
        }
        return sampleRanked(params.topK, params.topP, uniform);
    }

    private int sampleRanked(int topK, float topP, double uniform) {
        if (topK > 0) {
            rankFirst(topK);
            if (topP < 1) {
                ranking.keepMass(topP * ranking.mass());
            }
        } else {
            ranking.keepMass(topP * rankMass(topP));
        }
        return candidates.id(ranking.pass(uniform * ranking.mass()));
    }

    private void rankFirst(int topK) {
        float least = maxima.reachedBy(topK);
        if (least == Float.NEGATIVE_INFINITY) {
            candidates.takeAll(logits);
        } else {
            candidates.takeLogits(logits, maxima, least);
        }
        weights.fill(candidates.logits(), candidates.size());
        ranking.fill(Math.max(weights.log2(least), weights.leastLog2()));
        ranking.keepCount(topK);
    }

    /**
     * Ranks at least the tokens that hold a share of {@code topP}; returns the mass of all. Those
     * lighter than the rest of the mass over the size of the vocabulary hold less than that rest.
     */
    private double rankMass(float topP) {
        weights.fill(logits, logits.length);
        double mass = weights.sum();
        float least = (float) (SLACK * (1.0 - topP) * mass / logits.length);
        if (weights.count(least) > logits.length / MANY) {
            candidates.takeAll(logits);
        } else {
            candidates.takeWeights(logits, weights, least);
            weights.fill(candidates.logits(), candidates.size());
        }
        ranking.fill(Math.max(Math.getExponent(least), weights.leastLog2()));
        return mass;
    }

    /**
     * Log-probabilities of the row as the model gave it, before anything that {@link #sample} does
     * to it.
     *
     * @param token the token whose log-probability and rank are asked for
     * @param top how many of the likeliest tokens to give, 0 to {@link LogProbs#MOST}
     */
    public void logProbs(MemorySegment rows, long offsetBytes, int token, int top, LogProbs into) {
        MemorySegment.copy(rows, FLOAT, offsetBytes, logits, 0, logits.length);
        logSoftmax.compute(logits, token, top, into);
    }
}
