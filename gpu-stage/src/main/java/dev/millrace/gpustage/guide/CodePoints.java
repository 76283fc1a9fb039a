package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A set of Unicode characters (surrogates are none), as ranges in order. Immutable. */
final class CodePoints {
    static final int MAX = Character.MAX_CODE_POINT;

    /** Every character. */
    static final CodePoints ALL =
            new CodePoints(
                    new int[] {0, Character.MIN_SURROGATE - 1, Character.MAX_SURROGATE + 1, MAX});

    static final CodePoints NONE = new CodePoints(new int[0]);

    /** First and last of each range, neither touching nor overlapping. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last}).and(ALL);
    }

    /** Exactly these characters. */
    static CodePoints of(String characters) {
        return union(characters.codePoints().mapToObj(c -> range(c, c)).toList());
    }

    static CodePoints union(List<CodePoints> sets) {
        List<int[]> ranges = new ArrayList<>();
        for (CodePoints set : sets) {
            for (int i = 0; i < set.bounds.length; i += 2) {
                ranges.add(new int[] {set.bounds[i], set.bounds[i + 1]});
            }
        }
        ranges.sort(Comparator.comparingInt(range -> range[0]));
        int[] merged = new int[2 * ranges.size()];
        int count = 0;
        for (int[] range : ranges) {
            if (count > 0 && range[0] <= merged[count - 1] + 1) {
                merged[count - 1] = Math.max(merged[count - 1], range[1]);
            } else {
                merged[count++] = range[0];
                merged[count++] = range[1];
            }
        }
        return new CodePoints(Arrays.copyOf(merged, count));
    }

    CodePoints or(CodePoints other) {
        return union(List.of(this, other));
    }

    CodePoints and(CodePoints other) {
        int[] both = new int[bounds.length + other.bounds.length + 2];
        int count = 0;
        int i = 0;
        int j = 0;
        while (i < bounds.length && j < other.bounds.length) {
            int first = Math.max(bounds[i], other.bounds[j]);
            int last = Math.min(bounds[i + 1], other.bounds[j + 1]);
            if (first <= last) {
                both[count++] = first;
                both[count++] = last;
            }
            if (bounds[i + 1] < other.bounds[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return new CodePoints(Arrays.copyOf(both, count));
    }

    /** All characters but these. */
    CodePoints not() {
        int[] gaps = new int[bounds.length + 2];
        int count = 0;
        int next = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > next) {
                gaps[count++] = next;
                gaps[count++] = bounds[i] - 1;
            }
            next = bounds[i + 1] + 1;
        }
        if (next <= MAX) {
            gaps[count++] = next;
            gaps[count++] = MAX;
        }
        return new CodePoints(Arrays.copyOf(gaps, count)).and(ALL);
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    /** First and last of each range. Not to be written. */
    int[] bounds() {
        return bounds;
    }
}
