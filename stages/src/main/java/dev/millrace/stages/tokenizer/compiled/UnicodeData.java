package dev.millrace.stages.tokenizer.compiled;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What characters decompose into, which compose, and in which order marks stand (UAX #15), asked of
 * the JDK's normalizer once. Hangul syllables are computed.
 */
final class UnicodeData {
    static final UnicodeData CANONICAL = new UnicodeData(Normalizer.Form.NFD);
    static final UnicodeData COMPATIBILITY = new UnicodeData(Normalizer.Form.NFKD);

    static final int FIRST_SYLLABLE = 0xAC00;
    static final int SYLLABLES = 11172;
    private static final int FIRST_L = 0x1100;
    private static final int FIRST_V = 0x1161;
    private static final int FIRST_T = 0x11A7;
    private static final int L_COUNT = 19;
    private static final int V_COUNT = 21;
    private static final int T_COUNT = 28;

    /** Marks of the lowest and of the highest combining class. */
    private static final int LOWEST = 0x334;

    private static final int HIGHEST = 0x345;
    private static final long NONE = -1;

    private final Int2ObjectHashMap<int[]> decompositions = new Int2ObjectHashMap<>();
    private final Int2IntHashMap ranks = new Int2IntHashMap(0);
    private final Long2LongHashMap compositions = new Long2LongHashMap(NONE);

    private UnicodeData(Normalizer.Form form) {
        List<Integer> classes = new ArrayList<>();
        for (int point = 0x80; point <= Character.MAX_CODE_POINT; point++) {
            if (isPlain(point) || OtherUnicode.NOT_CANONICAL.get(point)) {
                continue;
            }
            String text = Character.toString(point);
            String decomposed = Normalizer.normalize(text, form);
            if (!decomposed.equals(text)) {
                if (form == Normalizer.Form.NFKD && OtherUnicode.NOT_DECOMPOSED.get(point)) {
                    continue;
                }
                decompositions.put(point, decomposed.codePoints().toArray());
            } else if (isMark(point) && !OtherUnicode.UNORDERED.get(point)) {
                rank(point, classes);
            }
            addComposition(point, text);
        }
        renumber(classes);
    }

    /** Letters that are neither made of others nor marks, and what is no character. */
    private static boolean isPlain(int point) {
        int type = Character.getType(point);
        return type == Character.UNASSIGNED
                || type == Character.SURROGATE
                || type == Character.PRIVATE_USE
                || (type == Character.OTHER_LETTER
                        && ((Character.isIdeographic(point)
                                        && !(point >= 0xF900 && point <= 0xFAFF)
                                        && !(point >= 0x2F800 && point <= 0x2FA1F))
                                || isSyllable(point)));
    }

    private static boolean isMark(int point) {
        int type = Character.getType(point);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    /** Two marks change places where the second is of a lower class, and neither is of none. */
    private static boolean lower(int mark, int than) {
        String wrong = Character.toString(than) + Character.toString(mark);
        return !Normalizer.normalize(wrong, Normalizer.Form.NFD).equals(wrong);
    }

    /** Finds a mark's class among those known, by one mark of each in order. */
    private void rank(int mark, List<Integer> classes) {
        if (!lower(mark, HIGHEST) && !lower(LOWEST, mark)) {
            return;
        }
        int from = 0;
        int to = classes.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (lower(mark, classes.get(middle))) {
                to = middle;
            } else if (lower(classes.get(middle), mark)) {
                from = middle + 1;
            } else {
                ranks.put(mark, classes.get(middle).intValue());
                return;
            }
        }
        classes.add(from, mark);
        ranks.put(mark, mark);
    }

    /** From the mark that stands for a class to the place of the class. */
    private void renumber(List<Integer> classes) {
        Int2IntHashMap places = new Int2IntHashMap(0);
        for (int i = 0; i < classes.size(); i++) {
            places.put(classes.get(i).intValue(), i + 1);
        }
        ranks.replaceAllInt((mark, of) -> places.get(of));
    }

    /** A character that composes is made of its last one and what the others compose to. */
    private void addComposition(int point, String text) {
        String canonical = Normalizer.normalize(text, Normalizer.Form.NFD);
        if (canonical.equals(text)
                || !Normalizer.normalize(text, Normalizer.Form.NFC).equals(text)) {
            return;
        }
        int last = canonical.codePointBefore(canonical.length());
        String others = canonical.substring(0, canonical.length() - Character.charCount(last));
        String first = Normalizer.normalize(others, Normalizer.Form.NFC);
        compositions.put((long) first.codePointAt(0) << 32 | last, point);
    }

    /** What a character decomposes into; null where it does not, or is a Hangul syllable. */
    int @Nullable [] decomposition(int point) {
        return decompositions.get(point);
    }

    static boolean isSyllable(int point) {
        return point >= FIRST_SYLLABLE && point < FIRST_SYLLABLE + SYLLABLES;
    }

    /** The place of a mark's combining class among all; 0 for what keeps its place. */
    int rank(int point) {
        return ranks.get(point);
    }

    /** The leading consonant of a syllable. */
    static int leading(int syllable) {
        return FIRST_L + (syllable - FIRST_SYLLABLE) / (V_COUNT * T_COUNT);
    }

    /** The vowel of a syllable. */
    static int vowel(int syllable) {
        return FIRST_V + (syllable - FIRST_SYLLABLE) % (V_COUNT * T_COUNT) / T_COUNT;
    }

    /** The trailing consonant of a syllable, or 0. */
    static int trailing(int syllable) {
        int index = (syllable - FIRST_SYLLABLE) % T_COUNT;
        return index == 0 ? 0 : FIRST_T + index;
    }

    /** What two characters compose to, or -1. */
    int composed(int first, int second) {
        if (second > FIRST_T && second < FIRST_T + T_COUNT) {
            boolean open = isSyllable(first) && (first - FIRST_SYLLABLE) % T_COUNT == 0;
            return open ? first + second - FIRST_T : -1;
        }
        if (second >= FIRST_V && second < FIRST_V + V_COUNT) {
            boolean leads = first >= FIRST_L && first < FIRST_L + L_COUNT;
            return leads
                    ? FIRST_SYLLABLE + ((first - FIRST_L) * V_COUNT + second - FIRST_V) * T_COUNT
                    : -1;
        }
        return (int) compositions.get((long) first << 32 | second);
    }

    /** Characters that may compose with the one before them. */
    void eachSecond(java.util.function.IntConsumer consumer) {
        for (int i = 0; i < V_COUNT; i++) {
            consumer.accept(FIRST_V + i);
        }
        for (int i = 1; i < T_COUNT; i++) {
            consumer.accept(FIRST_T + i);
        }
        compositions.forEachLong((pair, composed) -> consumer.accept((int) pair));
    }

    /** Characters that decompose or have a place among marks, Hangul syllables left out. */
    void eachChanging(java.util.function.IntConsumer consumer) {
        decompositions.forEachInt((point, text) -> consumer.accept(point));
        ranks.forEachInt((mark, rank) -> consumer.accept(mark));
    }
}
