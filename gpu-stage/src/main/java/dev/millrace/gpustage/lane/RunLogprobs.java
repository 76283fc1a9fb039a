package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.sampling.LogProbs;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.util.Arrays;
import org.agrona.MutableDirectBuffer;

/**
 * Log probabilities of a run's tokens, kept until the tokens are published.
 *
 * <p>Owned by the lane's thread. Grows with the text.
 */
final class RunLogprobs {
    private final int top;
    private float[] logprobs = new float[16];
    private int[] ranks = new int[16];
    private int[] topIds;
    private float[] topLogprobs;
    private int size;
    private double sum;

    /** With {@code top} alternatives beside each token. */
    RunLogprobs(int top) {
        this.top = top;
        topIds = new int[16 * top];
        topLogprobs = new float[16 * top];
    }

    /** Alternatives beside each token. */
    int top() {
        return top;
    }

    /** Adds those of the next token. */
    void add(LogProbs scored) {
        if (size == logprobs.length) {
            logprobs = Arrays.copyOf(logprobs, 2 * size);
            ranks = Arrays.copyOf(ranks, 2 * size);
            topIds = Arrays.copyOf(topIds, 2 * size * top);
            topLogprobs = Arrays.copyOf(topLogprobs, 2 * size * top);
        }
        logprobs[size] = scored.chosen();
        ranks[size] = scored.rank();
        for (int i = 0; i < top; i++) {
            boolean present = i < scored.count();
            topIds[size * top + i] = present ? scored.id(i) : TokenLogprobs.NONE;
            topLogprobs[size * top + i] = present ? scored.value(i) : 0;
        }
        size++;
        sum += scored.chosen();
    }

    /** The mean over all tokens: what the best of several answers is chosen by. */
    double mean() {
        return size == 0 ? 0 : sum / size;
    }

    /** Writes those of {@code count} tokens from {@code first} on into a reply's payload. */
    void write(MutableDirectBuffer payload, int first, int count) {
        for (int i = 0; i < count; i++) {
            int entry = TokenLogprobs.entry(count, top, i);
            int token = first + i;
            TokenLogprobs.put(payload, entry, logprobs[token], ranks[token]);
            for (int place = 0; place < top; place++) {
                int at = token * top + place;
                TokenLogprobs.putTop(payload, entry, place, topIds[at], topLogprobs[at]);
            }
        }
    }
}
