package dev.millrace.tools.replay;

import java.util.Arrays;

/** Levenshtein's distance between two sequences of tokens, by Wagner and Fischer's table. */
final class EditDistance {
    /** Tokens of a sequence that the table is made for; a table of 4,096² takes about 20 ms. */
    static final int MOST = 4096;

    private EditDistance() {}

    /**
     * Insertions, deletions and replacements that make one the other. What is common at both ends
     * is left out first; of what is left, tokens past the first {@link #MOST} count as replaced, so
     * that the distance of very long texts is an upper bound.
     */
    static int of(int[] one, int[] other) {
        int start = Arrays.mismatch(one, other);
        if (start < 0) {
            return 0;
        }
        int end = one.length;
        int otherEnd = other.length;
        while (end > start && otherEnd > start && one[end - 1] == other[otherEnd - 1]) {
            end--;
            otherEnd--;
        }
        int length = Math.min(MOST, end - start);
        int otherLength = Math.min(MOST, otherEnd - start);
        int rest = Math.max(end - start - length, otherEnd - start - otherLength);
        return table(one, other, start, length, otherLength) + rest;
    }

    private static int table(int[] one, int[] other, int start, int length, int otherLength) {
        int[] row = new int[otherLength + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= length; i++) {
            int diagonal = row[0];
            row[0] = i;
            int token = one[start + i - 1];
            for (int j = 1; j <= otherLength; j++) {
                int replaced = diagonal + (token == other[start + j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[otherLength];
    }
}
