package dev.millrace.gpustage.sampling;

import java.util.Arrays;

/** Takes tokens out of a row: their logits become negative infinity. */
final class TokenMask {
    private static final long ALL = -1L;

    private TokenMask() {}

    /**
     * Takes out what {@code allowed} does not name.
     *
     * @param allowed bit {@code j} of word {@code i} is token {@code 64 * i + j}; tokens behind the
     *     last word are not allowed, bits behind the last token mean nothing
     */
    static void keepAllowed(float[] logits, long[] allowed) {
        int words = Math.min(allowed.length, (logits.length + Long.SIZE - 1) / Long.SIZE);
        for (int word = 0; word < words; word++) {
            long bits = allowed[word];
            int from = word * Long.SIZE;
            int to = Math.min(from + Long.SIZE, logits.length);
            if (bits == 0) {
                Arrays.fill(logits, from, to, Float.NEGATIVE_INFINITY);
            } else if (bits != ALL) {
                keepBits(logits, bits, from, to);
            }
        }
        int end = Math.min(words * Long.SIZE, logits.length);
        Arrays.fill(logits, end, logits.length, Float.NEGATIVE_INFINITY);
    }

    private static void keepBits(float[] logits, long bits, int from, int to) {
        for (long out = ~bits; out != 0; out &= out - 1) {
            int id = from + Long.numberOfTrailingZeros(out);
            if (id >= to) {
                return;
            }
            logits[id] = Float.NEGATIVE_INFINITY;
        }
    }

    /** Takes out each of {@code ids}; one that the row does not have means nothing. */
    static void ban(float[] logits, int[] ids) {
        for (int id : ids) {
            if (id >= 0 && id < logits.length) {
                logits[id] = Float.NEGATIVE_INFINITY;
            }
        }
    }
}
