package dev.millrace.gpustage.guide;

/**
 * Characters as edges over their bytes in UTF-8 (RFC 3629): no overlong forms, no surrogates,
 * nothing above U+10FFFF.
 */
final class Utf8Edges {
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, CodePoints.MAX};

    private Utf8Edges() {}

    /** Reads one of these characters. */
    static void add(Nfa nfa, int from, CodePoints set, int to) {
        int[] bounds = set.bounds();
        for (int i = 0; i < bounds.length; i += 2) {
            int first = bounds[i];
            for (int length = 1; length <= 4; length++) {
                int last = Math.min(bounds[i + 1], LAST_OF_LENGTH[length - 1]);
                if (first <= last) {
                    range(nfa, from, first, last, length, to);
                    first = last + 1;
                }
            }
        }
    }

    /** Characters that all have {@code length} bytes: split until each byte is free on its own. */
    private static void range(Nfa nfa, int from, int first, int last, int length, int to) {
        for (int tail = length - 1; tail > 0; tail--) {
            int mask = (1 << (6 * tail)) - 1;
            if (first >> (6 * tail) != last >> (6 * tail)) {
                if ((first & mask) != 0) {
                    range(nfa, from, first, first | mask, length, to);
                    range(nfa, from, (first | mask) + 1, last, length, to);
                    return;
                }
                if ((last & mask) != mask) {
                    range(nfa, from, first, (last & ~mask) - 1, length, to);
                    range(nfa, from, last & ~mask, last, length, to);
                    return;
                }
            }
        }
        int at = from;
        for (int i = 0; i < length; i++) {
            int next = i == length - 1 ? to : nfa.state();
            nfa.bytes(at, byteOf(first, i, length), byteOf(last, i, length), next);
            at = next;
        }
    }

    private static int byteOf(int point, int index, int length) {
        int bits = point >> (6 * (length - 1 - index));
        if (index > 0) {
            return 0x80 | (bits & 0x3F);
        }
        return length == 1 ? bits : ((0xF00 >> length) & 0xFF) | bits;
    }
}
