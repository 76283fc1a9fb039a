package dev.millrace.gpustage.sampling;

/**
 * The tokens of a row that top-k or top-p may keep, by ascending id.
 *
 * <p>Reused by one {@link Sampler}.
 */
final class Candidates {
    private final int[] ids;
    private final float[] taken;

    // Of the row at hand.
    private float[] logits;
    private boolean all;
    private int size;

    Candidates(int vocabularySize) {
        ids = new int[vocabularySize];
        taken = new float[vocabularySize];
        logits = taken;
    }

    /** Every token is one, without a copy. */
    void takeAll(float[] row) {
        logits = row;
        all = true;
        size = row.length;
    }

    /** Takes every token whose logit is at least {@code least}. */
    void takeLogits(float[] row, BlockMaxima maxima, float least) {
        begin();
        int key = LogitKey.of(least);
        for (int from = 0; from < row.length; from += BlockMaxima.BLOCK) {
            if (maxima.key(from / BlockMaxima.BLOCK) >= key) {
                take(row, row, least, from);
            }
        }
    }

    /** Takes every token whose weight is at least {@code least}; after {@link Weights#sum()}. */
    void takeWeights(float[] row, Weights weights, float least) {
        begin();
        for (int from = 0; from < row.length; from += BlockMaxima.BLOCK) {
            if (weights.sum(from / BlockMaxima.BLOCK) >= least) {
                take(row, weights.array(), least, from);
            }
        }
    }

    private void begin() {
        logits = taken;
        all = false;
        size = 0;
    }

    private void take(float[] row, float[] values, float least, int from) {
        int to = Math.min(from + BlockMaxima.BLOCK, row.length);
        int next = size;
        for (int i = from; i < to; i++) {
            if (values[i] >= least) {
                ids[next] = i;
                taken[next] = row[i];
                next++;
            }
        }
        size = next;
    }

    int size() {
        return size;
    }

    int id(int index) {
        return all ? index : ids[index];
    }

    /** The candidates' logits; valid up to {@link #size()}. */
    float[] logits() {
        return logits;
    }
}
