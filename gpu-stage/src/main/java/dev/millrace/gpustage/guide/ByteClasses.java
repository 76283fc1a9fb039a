package dev.millrace.gpustage.guide;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** Bytes that no edge of a net tells apart, as classes. */
final class ByteClasses {
    private final int[] classOf = new int[256];
    private final Map<Integer, int[]> between = new HashMap<>();
    private final int count;

    ByteClasses(Nfa nfa) {
        var ranges = new TreeSet<Integer>();
        for (int e = 0; e < nfa.edgeCount(); e++) {
            if (nfa.kind(e) != Nfa.Kind.EPSILON) {
                ranges.add(nfa.low(e) << 8 | nfa.high(e));
            }
        }
        int classes = 1;
        for (int range : ranges) {
            classes = split(range >> 8, range & 0xFF, classes);
        }
        count = classes;
        for (int range : ranges) {
            int[] inside =
                    Arrays.stream(classOf, range >> 8, (range & 0xFF) + 1).distinct().toArray();
            between.put(range, inside);
        }
    }

    /** Gives the bytes of a range classes of their own; how many classes there are then. */
    private int split(int low, int high, int classes) {
        int[] inside = new int[classes];
        int[] total = new int[classes];
        for (int b = 0; b < 256; b++) {
            total[classOf[b]]++;
            inside[classOf[b]] += b >= low && b <= high ? 1 : 0;
        }
        int[] renamed = new int[classes];
        int made = classes;
        for (int c = 0; c < classes; c++) {
            renamed[c] = inside[c] == total[c] ? c : made;
            made += inside[c] > 0 && inside[c] < total[c] ? 1 : 0;
        }
        for (int b = low; b <= high; b++) {
            classOf[b] = renamed[classOf[b]];
        }
        return made;
    }

    int count() {
        return count;
    }

    int of(int b) {
        return classOf[b];
    }

    int[] all() {
        return classOf.clone();
    }

    /** The classes of the bytes of an edge. */
    int[] between(int low, int high) {
        return between.getOrDefault(low << 8 | high, new int[0]);
    }
}
