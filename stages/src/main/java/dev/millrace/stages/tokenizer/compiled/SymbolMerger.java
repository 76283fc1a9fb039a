package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;
import org.agrona.collections.IntArrayList;

/**
 * The symbols of one word, merged pair by pair until no merge applies (Sennrich et al., 2016): the
 * earliest merge first, the leftmost of equals. Short words are searched for their next merge, long
 * ones queue theirs: n symbols cost O(n log n).
 */
final class SymbolMerger {
    /** Longest word that is searched. */
    private static final int SEARCHED = 32;

    /** Symbols of the longest word whose room is kept. */
    private static final int KEPT = 1 << 16;

    private final MergeTable merges;
    private final MergeQueue queue = new MergeQueue();
    private final long[] pairs = new long[SEARCHED];
    private int[] symbols = new int[SEARCHED];
    private int[] before = new int[0];
    private int[] behind = new int[0];
    private int count;

    SymbolMerger(MergeTable merges) {
        this.merges = merges;
    }

    void clear() {
        count = 0;
    }

    void add(int symbol) {
        if (count == symbols.length) {
            symbols = Arrays.copyOf(symbols, 2 * count);
        }
        symbols[count++] = symbol;
    }

    /** Appends the tokens that are left. */
    void merge(IntArrayList into) {
        if (count <= SEARCHED) {
            mergeBySearch();
            for (int i = 0; i < count; i++) {
                into.addInt(symbols[i]);
            }
            return;
        }
        mergeByQueue();
        for (int i = 0; i >= 0; i = behind[i]) {
            into.addInt(symbols[i]);
        }
        if (count > KEPT) {
            symbols = new int[KEPT];
            before = new int[KEPT];
            behind = new int[KEPT];
            queue.shrink(2 * KEPT);
        }
    }

    private void mergeBySearch() {
        int last = count - 1;
        for (int i = 0; i < last; i++) {
            pairs[i] = merges.find(symbols[i], symbols[i + 1]);
        }
        while (last > 0) {
            long best = MergeTable.NONE;
            int at = -1;
            for (int i = 0; i < last; i++) {
                if (pairs[i] < best) {
                    best = pairs[i];
                    at = i;
                }
            }
            if (at < 0) {
                break;
            }
            symbols[at] = (int) best;
            for (int i = at + 1; i < last; i++) {
                symbols[i] = symbols[i + 1];
                pairs[i] = pairs[i + 1];
            }
            last--;
            if (at > 0) {
                pairs[at - 1] = merges.find(symbols[at - 1], symbols[at]);
            }
            if (at < last) {
                pairs[at] = merges.find(symbols[at], symbols[at + 1]);
            }
        }
        count = last + 1;
    }

    private void mergeByQueue() {
        if (before.length < count) {
            before = new int[symbols.length];
            behind = new int[symbols.length];
        }
        queue.clear();
        for (int i = 0; i < count; i++) {
            before[i] = i - 1;
            behind[i] = i + 1 < count ? i + 1 : -1;
            propose(i);
        }
        while (!queue.isEmpty()) {
            long next = queue.take();
            int at = (int) next;
            int right = behind[at];
            if (symbols[at] < 0 || right < 0) {
                continue;
            }
            long merge = merges.find(symbols[at], symbols[right]);
            if (merge == MergeTable.NONE || merge >>> 32 != next >>> 32) {
                // One of the two has merged with another one meanwhile.
                continue;
            }
            symbols[at] = (int) merge;
            symbols[right] = -1;
            behind[at] = behind[right];
            if (behind[at] >= 0) {
                before[behind[at]] = at;
            }
            if (before[at] >= 0) {
                propose(before[at]);
            }
            propose(at);
        }
    }

    private void propose(int at) {
        int right = behind[at];
        if (right >= 0) {
            long merge = merges.find(symbols[at], symbols[right]);
            if (merge != MergeTable.NONE) {
                queue.add((int) (merge >>> 32), at);
            }
        }
    }
}
