package dev.millrace.stages.tokenizer.compiled;

/**
 * Which two tokens merge into which, and how early: an open-addressing table over pairs of ids.
 * Immutable once filled.
 */
final class MergeTable {
    /** No merge; larger than every merge. */
    static final long NONE = Long.MAX_VALUE;

    private static final long EMPTY = -1;

    /** Pair and merge by turns, so that both lie in one cache line. */
    private final long[] entries;

    private final int shift;

    MergeTable(int merges) {
        int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, merges)));
        entries = new long[2 << bits];
        shift = 64 - bits;
        java.util.Arrays.fill(entries, EMPTY);
    }

    /** A second merge of the same pair replaces the first. */
    void put(int left, int right, int rank, int merged) {
        long pair = pair(left, right);
        int at = slot(pair);
        while (entries[at] != EMPTY && entries[at] != pair) {
            at = (at + 2) & (entries.length - 1);
        }
        entries[at] = pair;
        entries[at + 1] = (long) rank << 32 | merged;
    }

    /** {@code rank << 32 | id} of what two tokens merge into, or {@link #NONE}. */
    long find(int left, int right) {
        long pair = pair(left, right);
        int at = slot(pair);
        while (true) {
            long found = entries[at];
            if (found == pair) {
                return entries[at + 1];
            }
            if (found == EMPTY) {
                return NONE;
            }
            at = (at + 2) & (entries.length - 1);
        }
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }

    private int slot(long pair) {
        return (int) (((pair ^ (pair >>> 29)) * 0x9E3779B97F4A7C15L) >>> shift) << 1;
    }
}
