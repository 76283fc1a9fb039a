package dev.millrace.gpustage.sampling;

import org.agrona.collections.Int2IntHashMap;

/**
 * Which tokens one generation holds, and how often its answer holds each: what penalties ask for.
 *
 * <p>Owned by the lane's thread; sized once, so that counting allocates nothing.
 */
public final class TokenCounts {
    private static final int ABSENT = -1;
    private static final float LOAD_FACTOR = 0.6f;

    private final Int2IntHashMap ranks;
    private final int[] ids;
    private final int[] answered;
    private int size;

    /** Room for {@code distinctTokens} different tokens. */
    public TokenCounts(int distinctTokens) {
        int slots = (int) Math.ceil(distinctTokens / (double) LOAD_FACTOR) + 1;
        ranks = new Int2IntHashMap(slots, LOAD_FACTOR, ABSENT);
        ids = new int[distinctTokens];
        answered = new int[distinctTokens];
    }

    /** The prompt holds {@code id}. */
    public void addPrompt(int id) {
        rank(id);
    }

    /** The answer holds {@code id} once more. */
    public void addAnswer(int id) {
        answered[rank(id)]++;
    }

    private int rank(int id) {
        int rank = ranks.get(id);
        if (rank == ABSENT) {
            rank = size++;
            ranks.put(id, rank);
            ids[rank] = id;
        }
        return rank;
    }

    /** Different tokens seen. */
    int size() {
        return size;
    }

    /** One of the different tokens, in the order in which they came. */
    int id(int rank) {
        return ids[rank];
    }

    /** How often the answer holds that token; 0 where only the prompt does. */
    int answered(int rank) {
        return answered[rank];
    }
}
