package dev.millrace.gpustage.schedule;

import java.util.Arrays;

/**
 * Finds the block that holds a prefix by the {@link PrefixHash} of it.
 *
 * <p>Open addressing with linear probing over a table of twice the blocks, as a block is in it at
 * most once; nothing is allocated after construction.
 */
final class PrefixIndex {
    private final long[] digests;
    private final boolean[] held;
    private final int[] table;
    private final int mask;

    PrefixIndex(int blocks) {
        digests = new long[Math.multiplyExact(blocks, PrefixHash.LONGS)];
        held = new boolean[blocks];
        table = new int[Integer.highestOneBit(Math.multiplyExact(blocks, 2)) * 2];
        mask = table.length - 1;
        Arrays.fill(table, Generation.NO_BLOCK);
    }

    /** Whether the block is in the index. */
    boolean holds(int block) {
        return held[block];
    }

    /**
     * The block with digest number {@code index} of {@code of}; {@link Generation#NO_BLOCK} where
     * there is none.
     */
    int find(long[] of, int index) {
        return table[slot(of, index * PrefixHash.LONGS)];
    }

    /** Adds a block that is not held, under a digest that is not there. */
    void add(int block, long[] of, int index) {
        int from = index * PrefixHash.LONGS;
        System.arraycopy(of, from, digests, block * PrefixHash.LONGS, PrefixHash.LONGS);
        table[slot(of, from)] = block;
        held[block] = true;
    }

    /** Takes out a block that is held; closes the gap so that no probe ends at it. */
    void remove(int block) {
        held[block] = false;
        int gap = slot(digests, block * PrefixHash.LONGS);
        for (int at = (gap + 1) & mask; table[at] >= 0; at = (at + 1) & mask) {
            int home = (int) digests[table[at] * PrefixHash.LONGS] & mask;
            if (((at - home) & mask) >= ((at - gap) & mask)) {
                table[gap] = table[at];
                gap = at;
            }
        }
        table[gap] = Generation.NO_BLOCK;
    }

    private int slot(long[] of, int from) {
        int at = (int) of[from] & mask;
        while (table[at] >= 0 && !matches(table[at], of, from)) {
            at = (at + 1) & mask;
        }
        return at;
    }

    private boolean matches(int block, long[] of, int from) {
        int own = block * PrefixHash.LONGS;
        return Arrays.equals(
                digests, own, own + PrefixHash.LONGS, of, from, from + PrefixHash.LONGS);
    }
}
