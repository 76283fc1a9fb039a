package dev.millrace.gpustage.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Log-probabilities of a row as the model gave it: {@code logit - log(sum of e^logits)}, without
 * temperature, penalties, biases or masks, which is vLLM's default, {@code raw_logprobs}. Right to
 * 10^-5.
 *
 * <p>Reused by one {@link Sampler}, whose scratch it shares.
 */
final class LogSoftmax {
    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;

    private final BlockMaxima maxima;
    private final Weights weights;

    LogSoftmax(BlockMaxima maxima, Weights weights) {
        this.maxima = maxima;
        this.weights = weights;
    }

    void compute(float[] logits, int token, int top, LogProbs into) {
        float most = LogitKey.logit(maxima.scan(logits));
        weights.begin(most, 1, 0);
        weights.fill(logits, logits.length);
        double logSum = most + StrictMath.log(weights.sum());
        into.begin();
        if (top > 0) {
            offer(logits, top, into);
        }
        into.end(logits[token], 1 + before(logits, token), logSum);
    }

    private void offer(float[] logits, int top, LogProbs into) {
        float least = maxima.reachedBy(top);
        int leastKey = LogitKey.of(least);
        for (int from = 0; from < logits.length; from += BlockMaxima.BLOCK) {
            if (maxima.key(from / BlockMaxima.BLOCK) < leastKey) {
                continue;
            }
            int to = Math.min(from + BlockMaxima.BLOCK, logits.length);
            for (int id = from; id < to; id++) {
                if (logits[id] >= least) {
                    into.offer(id, logits[id], top);
                }
            }
        }
    }

    /** Tokens that come before {@code token} when all are ranked. */
    private static int before(float[] logits, int token) {
        int key = LogitKey.of(logits[token]);
        int lowerIds = key == LogitKey.NEGATIVE_INFINITY ? token : above(logits, 0, token, key - 1);
        return lowerIds + above(logits, token + 1, logits.length, key);
    }

    /** Logits with a key above {@code key}; the sign of its difference where it may overflow. */
    private static int above(float[] logits, int from, int to, int key) {
        MemorySegment bits = MemorySegment.ofArray(logits);
        int above = 0;
        for (int i = from; i < to; i++) {
            int other = LogitKey.ofBits(bits.get(BITS, 4L * i));
            above += ((key & ~other) | (~(key ^ other) & (key - other))) >>> 31;
        }
        return above;
    }
}
