package dev.millrace.gpustage.sampling;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The largest logit of each block of {@value #BLOCK} neighbours in a row, so that a search for
 * large logits passes over most of the row.
 *
 * <p>Reused by one {@link Sampler}.
 */
final class BlockMaxima {
    static final int BLOCK = 128;

    private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;

    private final int[] keys;
    private final int[] sorted;

    BlockMaxima(int vocabularySize) {
        keys = new int[count(vocabularySize)];
        sorted = new int[keys.length];
    }

    /** Blocks in a row of that many; the last one may be shorter. */
    static int count(int length) {
        return (length + BLOCK - 1) / BLOCK;
    }

    /** Looks at the whole row; returns the {@link LogitKey} of its largest logit. */
    int scan(float[] logits) {
        int most = LogitKey.NEGATIVE_INFINITY;
        for (int block = 0; block < keys.length; block++) {
            int from = block * BLOCK;
            keys[block] = largest(logits, from, Math.min(from + BLOCK, logits.length));
            most = Math.max(most, keys[block]);
        }
        return most;
    }

    /** One vector loop; the segment made here has a class that the compiler knows. */
    private static int largest(float[] logits, int from, int to) {
        MemorySegment bits = MemorySegment.ofArray(logits);
        int most = LogitKey.NEGATIVE_INFINITY;
        for (int i = from; i < to; i++) {
            most = Math.max(most, LogitKey.ofBits(bits.get(BITS, 4L * i)));
        }
        return most;
    }

    /** The largest key of a block. */
    int key(int block) {
        return keys[block];
    }

    /**
     * A logit that at least {@code count} logits of the row reach: the block maximum of that rank;
     * negative infinity where there are fewer blocks.
     */
    float reachedBy(int count) {
        if (count > keys.length) {
            return Float.NEGATIVE_INFINITY;
        }
        System.arraycopy(keys, 0, sorted, 0, keys.length);
        Arrays.sort(sorted);
        return LogitKey.logit(sorted[keys.length - count]);
    }

    /** The lowest id whose logit has {@code key}, which some logit has. */
    int first(float[] logits, int key) {
        int block = 0;
        while (keys[block] < key) {
            block++;
        }
        int id = block * BLOCK;
        while (LogitKey.of(logits[id]) != key) {
            id++;
        }
        return id;
    }
}
