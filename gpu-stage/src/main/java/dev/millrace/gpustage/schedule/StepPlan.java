package dev.millrace.gpustage.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one step computes: generations in order, each with a count of its next tokens.
 *
 * <p>Entries of one token come first, those with the shortest context before the others, so that
 * neighbours of like length can be computed together; then all others. Reused by the lane's thread;
 * valid until the scheduler plans again. What it tells of an entry does not change while tokens are
 * appended.
 */
public final class StepPlan<G extends Generation> {
    private final List<G> generations;
    private final int[] counts;
    private final boolean[] completes;

    /** Per entry of the step: its rank above, which of the generations it is below. */
    private final long[] order;

    private int tokenCount;

    StepPlan(int maxEntries) {
        generations = new ArrayList<>(maxEntries);
        counts = new int[maxEntries];
        completes = new boolean[maxEntries];
        order = new long[maxEntries];
    }

    void clear() {
        generations.clear();
        tokenCount = 0;
    }

    /** Adds the next {@code count} tokens of a generation. */
    void add(G generation, int count) {
        int at = generations.size();
        int rank = count == 1 ? generation.computedTokens() : Integer.MAX_VALUE;
        order[at] = ((long) rank << Integer.SIZE) | at;
        counts[at] = count;
        completes[at] = count >= generation.pendingTokens();
        generations.add(generation);
        tokenCount += count;
    }

    /** Puts the entries in order. */
    void arrange() {
        Arrays.sort(order, 0, generations.size());
    }

    /** Entries of the step. */
    public int size() {
        return generations.size();
    }

    /** The generation of entry {@code index}. */
    public G generation(int index) {
        return generations.get(at(index));
    }

    /**
     * How many of its tokens are computed, drafts included, from {@link Generation#computedTokens}
     * on.
     */
    public int count(int index) {
        return counts[at(index)];
    }

    /**
     * Whether entry {@code index} computes its last known token, so that the row of that token, and
     * those of the drafts behind it, can be sampled from.
     */
    public boolean completes(int index) {
        return completes[at(index)];
    }

    /** Tokens of all entries. */
    public int tokenCount() {
        return tokenCount;
    }

    private int at(int index) {
        return (int) order[index];
    }
}
