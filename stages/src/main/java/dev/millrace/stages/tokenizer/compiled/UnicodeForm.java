package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Unicode's normalization forms (UAX #15). Text that has none of the characters that may change is
 * copied; the others are decomposed, their marks put in order, and composed again where the form
 * asks for it. Linear in the text, whatever it holds.
 */
final class UnicodeForm implements TextStep {
    /** Marks behind each other that are put in order by insertion. */
    private static final int FEW = 16;

    /** More than there are combining classes. */
    private static final int CLASSES = 64;

    /** Characters of the longest segment whose room is kept. */
    private static final int KEPT = 1 << 14;

    private final UnicodeData data;
    private final boolean composes;

    /** What may change, or change what is before it. */
    private final BitSet active = new BitSet();

    private final int[] counts = new int[CLASSES + 1];
    private int[] points = new int[256];
    private int[] ranks = new int[256];
    private int[] sorted = new int[0];
    private int count;

    UnicodeForm(UnicodeData data, boolean composes) {
        this.data = data;
        this.composes = composes;
        data.eachChanging(point -> active.set(point, !composes || changes(point)));
        if (composes) {
            data.eachSecond(active::set);
        } else {
            active.set(
                    UnicodeData.FIRST_SYLLABLE, UnicodeData.FIRST_SYLLABLE + UnicodeData.SYLLABLES);
        }
    }

    /** Whether a character by itself is not in its composed form, or is a mark. */
    private boolean changes(int point) {
        if (data.rank(point) != 0) {
            return true;
        }
        count = 0;
        decompose(point);
        compose();
        return count != 1 || points[0] != point;
    }

    @Override
    public void apply(byte[] text, int from, int to, Utf8Text into) {
        int copied = from;
        int starter = from;
        for (int at = from; at < to; ) {
            if (text[at] >= 0) {
                starter = at++;
                continue;
            }
            if (!active.get(Utf8Text.codePoint(text, at))) {
                starter = at;
                at = Utf8Text.after(text, at);
                continue;
            }
            into.add(text, copied, starter);
            at = segment(text, starter, at, to);
            order();
            if (composes) {
                compose();
            }
            for (int i = 0; i < count; i++) {
                into.addCodePoint(points[i]);
            }
            copied = at;
            starter = at;
        }
        into.add(text, copied, to);
        if (points.length > KEPT) {
            points = new int[KEPT];
            ranks = new int[KEPT];
            sorted = new int[0];
        }
    }

    /** Decomposes what is before {@code at}, and what may change from there on; says how far. */
    private int segment(byte[] text, int starter, int at, int to) {
        count = 0;
        for (int i = starter; i < at; i = Utf8Text.after(text, i)) {
            decompose(Utf8Text.codePoint(text, i));
        }
        int end = at;
        while (end < to) {
            int point = Utf8Text.codePoint(text, end);
            if (!active.get(point)) {
                break;
            }
            decompose(point);
            end = Utf8Text.after(text, end);
        }
        return end;
    }

    private void decompose(int point) {
        if (UnicodeData.isSyllable(point)) {
            add(UnicodeData.leading(point));
            add(UnicodeData.vowel(point));
            if (UnicodeData.trailing(point) != 0) {
                add(UnicodeData.trailing(point));
            }
            return;
        }
        int[] parts = point < 0x80 ? null : data.decomposition(point);
        if (parts == null) {
            add(point);
        } else {
            for (int part : parts) {
                add(part);
            }
        }
    }

    private void add(int point) {
        if (count == points.length) {
            points = Arrays.copyOf(points, 2 * count);
            ranks = Arrays.copyOf(ranks, 2 * count);
        }
        points[count] = point;
        ranks[count++] = point < 0x80 ? 0 : data.rank(point);
    }

    /** Puts marks that stand behind each other in the order of their classes. */
    private void order() {
        for (int from = 0; from < count; from++) {
            if (ranks[from] == 0) {
                continue;
            }
            int to = from + 1;
            boolean ordered = true;
            while (to < count && ranks[to] != 0) {
                ordered &= ranks[to - 1] <= ranks[to];
                to++;
            }
            if (!ordered) {
                if (to - from <= FEW) {
                    orderFew(from, to);
                } else {
                    orderMany(from, to);
                }
            }
            from = to;
        }
    }

    private void orderFew(int from, int to) {
        for (int i = from + 1; i < to; i++) {
            int point = points[i];
            int rank = ranks[i];
            int at = i;
            while (at > from && ranks[at - 1] > rank) {
                points[at] = points[at - 1];
                ranks[at] = ranks[at - 1];
                at--;
            }
            points[at] = point;
            ranks[at] = rank;
        }
    }

    /** By counting: someone may send a megabyte of marks. */
    private void orderMany(int from, int to) {
        if (sorted.length < to - from) {
            sorted = new int[points.length];
        }
        Arrays.fill(counts, 0);
        for (int i = from; i < to; i++) {
            counts[ranks[i] + 1]++;
        }
        for (int i = 1; i <= CLASSES; i++) {
            counts[i] += counts[i - 1];
        }
        for (int i = from; i < to; i++) {
            sorted[counts[ranks[i]]++] = points[i];
        }
        for (int i = from; i < to; i++) {
            points[i] = sorted[i - from];
            ranks[i] = data.rank(points[i]);
        }
    }

    private void compose() {
        int starter = -1;
        int last = 0;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int rank = ranks[i];
            if (starter >= 0 && (kept == starter + 1 || (last != 0 && last < rank))) {
                int composed = data.composed(points[starter], points[i]);
                if (composed >= 0) {
                    points[starter] = composed;
                    continue;
                }
            }
            if (rank == 0) {
                starter = kept;
            }
            last = rank;
            points[kept++] = points[i];
        }
        count = kept;
    }
}
