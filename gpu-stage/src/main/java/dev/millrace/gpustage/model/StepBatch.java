package dev.millrace.gpustage.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What one step computes, in the native layout that the model reads: entries, each a run of tokens
 * of one generation.
 *
 * <p>Reused by the lane's thread for every step. Full is not an error here: the scheduler stays
 * within the capacity.
 */
public final class StepBatch implements AutoCloseable {
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG;
    private static final int ENTRY_FIELDS = 3;

    private final int maxTokens;
    private final int maxEntries;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment tokenIds;
    private final MemorySegment positions;
    private final MemorySegment entries;
    private int tokenCount;
    private int entryCount;

    /** Room for {@code maxTokens} tokens in {@code maxEntries} entries. */
    public StepBatch(int maxTokens, int maxEntries) {
        this.maxTokens = maxTokens;
        this.maxEntries = maxEntries;
        this.tokenIds = arena.allocate(INT64, maxTokens);
        this.positions = arena.allocate(INT64, maxTokens);
        this.entries = arena.allocate(INT64, (long) maxEntries * ENTRY_FIELDS);
    }

    /** Empties the batch. */
    public void clear() {
        tokenCount = 0;
        entryCount = 0;
    }

    /**
     * Begins an entry: the tokens that follow belong to {@code slot}, from position {@code start}
     * on.
     */
    public void beginEntry(int slot, int start) {
        if (entryCount == maxEntries) {
            throw new IllegalStateException("a step holds at most " + maxEntries + " entries");
        }
        long base = (long) entryCount++ * ENTRY_FIELDS;
        entries.setAtIndex(INT64, base, slot);
        entries.setAtIndex(INT64, base + 1, start);
        entries.setAtIndex(INT64, base + 2, 0);
    }

    /** Adds the next token of the entry that was begun last. */
    public void addToken(int tokenId) {
        if (tokenCount == maxTokens) {
            throw new IllegalStateException("a step holds at most " + maxTokens + " tokens");
        }
        long base = (long) (entryCount - 1) * ENTRY_FIELDS;
        long count = entries.getAtIndex(INT64, base + 2);
        tokenIds.setAtIndex(INT64, tokenCount, tokenId);
        positions.setAtIndex(INT64, tokenCount, entries.getAtIndex(INT64, base + 1) + count);
        entries.setAtIndex(INT64, base + 2, count + 1);
        tokenCount++;
    }

    /** Tokens of all entries. */
    public int tokenCount() {
        return tokenCount;
    }

    /** Entries, and rows of logits that a step gives. */
    public int entryCount() {
        return entryCount;
    }

    MemorySegment tokenIds() {
        return tokenIds;
    }

    MemorySegment positions() {
        return positions;
    }

    MemorySegment entries() {
        return entries;
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        arena.close();
    }
}
