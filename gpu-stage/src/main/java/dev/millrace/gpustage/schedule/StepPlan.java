package dev.millrace.gpustage.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * What one step computes: generations in order, each with a count of its pending tokens.
 *
 * <p>Reused by the lane's thread; valid until the scheduler plans again.
 */
public final class StepPlan<G extends Generation> {
    private final List<G> generations = new ArrayList<>();
    private final int[] counts;
    private int tokenCount;

    StepPlan(int maxEntries) {
        counts = new int[maxEntries];
    }

    void clear() {
        generations.clear();
        tokenCount = 0;
    }

    void add(G generation, int count) {
        counts[generations.size()] = count;
        generations.add(generation);
        tokenCount += count;
    }

    /** Entries of the step. */
    public int size() {
        return generations.size();
    }

    /** The generation of entry {@code index}. */
    public G generation(int index) {
        return generations.get(index);
    }

    /** How many of its pending tokens are computed, from {@link Generation#computedTokens} on. */
    public int count(int index) {
        return counts[index];
    }

    /**
     * Whether entry {@code index} computes its last pending token, so that the next one can be
     * sampled.
     */
    public boolean completes(int index) {
        return counts[index] == generations.get(index).pendingTokens();
    }

    /** Tokens of all entries. */
    public int tokenCount() {
        return tokenCount;
    }
}
