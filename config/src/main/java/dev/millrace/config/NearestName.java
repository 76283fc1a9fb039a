package dev.millrace.config;

import java.util.Collection;
import java.util.Comparator;

/** The known name closest to a mistyped one. */
final class NearestName {
    private NearestName() {}

    /**
     * The name with the fewest insertions, deletions and substitutions; one that ends in what was
     * typed comes first, since the usual mistake is to leave the group out.
     */
    static String of(String typed, Collection<String> names) {
        return names.stream()
                .min(
                        Comparator.<String>comparingInt(name -> name.endsWith("." + typed) ? 0 : 1)
                                .thenComparingInt(name -> distance(typed, name))
                                .thenComparing(Comparator.naturalOrder()))
                .orElseThrow();
    }

    /** Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals". */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int substituted = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
