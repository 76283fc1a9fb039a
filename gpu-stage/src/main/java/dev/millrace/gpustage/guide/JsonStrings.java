package dev.millrace.gpustage.guide;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON strings (RFC 8259, section 7) as edges over their bytes. */
final class JsonStrings {
    private static final CodePoints CONTROL = CodePoints.range(0, 0x1F);
    private static final CodePoints ESCAPED = CONTROL.or(CodePoints.of("\"\\"));

    /** What stands for itself. */
    private static final CodePoints PLAIN = ESCAPED.not();

    /** The characters with an escape of two bytes, and the second of them. */
    private static final String SHORT = "\"\\\b\f\n\r\t";

    private static final String SHORT_LETTERS = "\"\\bfnrt";

    private JsonStrings() {}

    /** One of these characters: as it stands where it may, else by its shortest escape. */
    static void character(Nfa nfa, int from, CodePoints set, int to) {
        Utf8Edges.add(nfa, from, set.and(PLAIN), to);
        int[] bounds = set.and(ESCAPED).bounds();
        for (int i = 0; i < bounds.length; i += 2) {
            for (int c = bounds[i]; c <= bounds[i + 1]; c++) {
                nfa.literal(from, escape(c), to);
            }
        }
    }

    private static String escape(int c) {
        int at = SHORT.indexOf(c);
        return at >= 0 ? "\\" + SHORT_LETTERS.charAt(at) : String.format("\\u%04x", c);
    }

    /** A string with exactly this text, spelled as {@link #character} does. */
    static void literal(Nfa nfa, int from, String text, int to) {
        var spelled = new StringBuilder("\"");
        text.codePoints()
                .forEach(c -> {
                    if (c < 0x20 || c == '"' || c == '\\') {
                        spelled.append(escape(c));
                    } else {
                        spelled.appendCodePoint(c);
                    }
                });
        nfa.literal(from, spelled.append('"').toString(), to);
    }

    /** Any string, with every escape that the RFC knows; surrogates only in pairs. */
    static void any(Nfa nfa, int from, int to) {
        int inside = nfa.state();
        nfa.bytes(from, '"', '"', inside);
        rest(nfa, inside, to);
    }

    /** Any characters up to and with the closing quote; goes round through {@code inside}. */
    private static void rest(Nfa nfa, int inside, int to) {
        Utf8Edges.add(nfa, inside, PLAIN, inside);
        int escape = nfa.state();
        nfa.bytes(inside, '\\', '\\', escape);
        shortEscapes(nfa, escape, inside);
        nfa.bytes(escape, '/', '/', inside);
        int unicode = nfa.state();
        nfa.bytes(escape, 'u', 'u', unicode);
        unicode(nfa, unicode, inside);
        nfa.bytes(inside, '"', '"', to);
    }

    private static void unicode(Nfa nfa, int from, int to) {
        int last = nfa.state();
        int lastTwo = nfa.state();
        int lastThree = nfa.state();
        hex(nfa, last, "09", "AF", "af", to);
        hex(nfa, lastTwo, "09", "AF", "af", last);
        hex(nfa, lastThree, "09", "AF", "af", lastTwo);
        hex(nfa, from, "09", "AC", "ac", lastThree);
        hex(nfa, from, "EF", "ef", "ef", lastThree);
        int d = nfa.state();
        hex(nfa, from, "DD", "dd", "dd", d);
        hex(nfa, d, "07", "07", "07", lastTwo);
        int low = nfa.state();
        int low2 = nfa.state();
        int low3 = nfa.state();
        int low4 = nfa.state();
        int high2 = nfa.state();
        int high1 = nfa.state();
        hex(nfa, d, "89", "AB", "ab", high2);
        hex(nfa, high2, "09", "AF", "af", high1);
        hex(nfa, high1, "09", "AF", "af", low);
        nfa.bytes(low, '\\', '\\', low2);
        nfa.bytes(low2, 'u', 'u', low3);
        hex(nfa, low3, "DD", "dd", "dd", low4);
        hex(nfa, low4, "CF", "cf", "cf", lastTwo);
    }

    private static void hex(Nfa nfa, int from, String one, String two, String three, int to) {
        for (String range : List.of(one, two, three)) {
            nfa.bytes(from, range.charAt(0), range.charAt(1), to);
        }
    }

    /**
     * A string of that many characters, each spelled as it stands or by an escape of two bytes:
     * {@code \\u} escapes would more than double the states of a long string.
     *
     * @param max null for no bound
     */
    static void ofLength(Nfa nfa, int from, int min, @Nullable Integer max, int to) {
        int at = nfa.state();
        nfa.bytes(from, '"', '"', at);
        int counted = max == null ? min : max;
        for (int i = 0; i < counted; i++) {
            if (i >= min) {
                nfa.bytes(at, '"', '"', to);
            }
            int next = nfa.state();
            character(nfa, at, next);
            at = next;
        }
        if (max == null) {
            character(nfa, at, at);
        }
        nfa.bytes(at, '"', '"', to);
    }

    private static void character(Nfa nfa, int from, int to) {
        Utf8Edges.add(nfa, from, PLAIN, to);
        int escape = nfa.state();
        nfa.bytes(from, '\\', '\\', escape);
        shortEscapes(nfa, escape, to);
    }

    private static void shortEscapes(Nfa nfa, int from, int to) {
        SHORT_LETTERS.chars().forEach(c -> nfa.bytes(from, c, c, to));
    }

    /** Any string but these, none of which may be spelled with an escape instead. */
    static void anyBut(Nfa nfa, int from, List<String> names, int to) {
        int rest = nfa.state();
        rest(nfa, rest, to);
        int first = nfa.state();
        nfa.bytes(from, '"', '"', first);
        anyBut(
                nfa,
                first,
                names.stream().distinct().map(n -> n.codePoints().toArray()).toList(),
                0,
                rest,
                to);
    }

    /** The names all agree up to {@code depth}, and so does the text. */
    private static void anyBut(Nfa nfa, int from, List<int[]> names, int depth, int rest, int to) {
        CodePoints taken = CodePoints.NONE;
        boolean whole = false;
        for (int[] name : names) {
            if (name.length == depth) {
                whole = true;
            } else if (taken.and(CodePoints.range(name[depth], name[depth])).isEmpty()) {
                int c = name[depth];
                int next = nfa.state();
                taken = taken.or(CodePoints.range(c, c));
                character(nfa, from, CodePoints.range(c, c), next);
                List<int[]> same =
                        names.stream().filter(n -> n.length > depth && n[depth] == c).toList();
                anyBut(nfa, next, same, depth + 1, rest, to);
            }
        }
        character(nfa, from, taken.not(), rest);
        if (!whole) {
            nfa.bytes(from, '"', '"', to);
        }
    }
}
