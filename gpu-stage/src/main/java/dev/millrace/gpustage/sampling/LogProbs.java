package dev.millrace.gpustage.sampling;

import java.util.Arrays;

/**
 * Natural log-probabilities of one position: of the token that was chosen, and of the likeliest
 * ones. Reused from position to position; filled by {@link Sampler#logProbs}.
 */
public final class LogProbs {
    /** The most likely tokens that can be asked for. */
    public static final int MOST = 20;

    private final int[] ids = new int[MOST];
    private final float[] logits = new float[MOST];
    private final float[] values = new float[MOST];
    private float chosen;
    private int rank;
    private int count;

    /** Of the chosen token; negative infinity where its logit is. */
    public float chosen() {
        return chosen;
    }

    /** Of the chosen token, 1 for the likeliest; of equal logits the lower id comes first. */
    public int rank() {
        return rank;
    }

    /** Likeliest tokens held: as many as were asked for, or the whole vocabulary. */
    public int count() {
        return count;
    }

    /** The token of rank {@code index + 1}. */
    public int id(int index) {
        return ids[index];
    }

    /** The log-probability of the token of rank {@code index + 1}. */
    public float value(int index) {
        return values[index];
    }

    void begin() {
        count = 0;
    }

    /** Offers a token with a higher id than those offered before; {@code most} are held. */
    void offer(int id, float logit, int most) {
        int place = count;
        while (place > 0 && logit > logits[place - 1]) {
            place--;
        }
        if (place == most) {
            return;
        }
        int moved = Math.min(count, most - 1) - place;
        System.arraycopy(ids, place, ids, place + 1, moved);
        System.arraycopy(logits, place, logits, place + 1, moved);
        ids[place] = id;
        logits[place] = logit;
        count = Math.min(count + 1, most);
    }

    /** Turns logits into log-probabilities. */
    void end(float chosenLogit, int chosenRank, double logSum) {
        chosen = (float) (chosenLogit - logSum);
        rank = chosenRank;
        for (int i = 0; i < count; i++) {
            values[i] = (float) (logits[i] - logSum);
        }
    }

    @Override
    public String toString() {
        return "chosen %s rank %d of %s %s"
                .formatted(
                        chosen,
                        rank,
                        Arrays.toString(Arrays.copyOf(ids, count)),
                        Arrays.toString(Arrays.copyOf(values, count)));
    }
}
