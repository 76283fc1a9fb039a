package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads what Python's, Java's and ECMAScript's regular expressions have in common and what an
 * automaton can match. Groups capture nothing; laziness changes nothing, since the whole text
 * counts.
 */
final class RegexParser {
    private static final int MAX_REPEAT = 100_000;

    /** What no dialect takes for a line break. */
    private static final CodePoints NOT_A_BREAK = CodePoints.of("\n\r\u0085\u2028\u2029").not();

    private static final Regex ANYTHING =
            new Regex.Repeat(new Regex.Characters(CodePoints.ALL), 0, Regex.Repeat.UNBOUNDED);

    private final int[] pattern;
    private int at;
    private int depth;

    private RegexParser(String pattern) {
        this.pattern = pattern.codePoints().toArray();
    }

    /**
     * The texts that a pattern matches as a whole.
     *
     * @throws GuideException naming the character that is not accepted
     */
    static Regex matching(String pattern) {
        return new RegexParser(pattern).parse(false);
    }

    /** The texts in which a pattern is found, as JSON Schema has it. */
    static Regex finding(String pattern) {
        return new RegexParser(pattern).parse(true);
    }

    private Regex parse(boolean find) {
        List<Regex> branches = new ArrayList<>();
        do {
            List<Regex> parts = new ArrayList<>();
            if (!accept('^') && find) {
                parts.add(ANYTHING);
            }
            parts.add(sequence());
            if (!accept('$') && find) {
                parts.add(ANYTHING);
            }
            branches.add(new Regex.Sequence(parts));
        } while (accept('|'));
        if (at < pattern.length) {
            throw refused(
                    peek() == ')'
                            ? "a closing parenthesis without its opening one"
                            : "$ is only accepted at the end of the pattern or of one of its"
                                    + " outermost alternatives");
        }
        return branches.size() == 1 ? branches.getFirst() : new Regex.Choice(branches);
    }

    private Regex alternatives() {
        List<Regex> branches = new ArrayList<>();
        do {
            branches.add(sequence());
        } while (accept('|'));
        return branches.size() == 1 ? branches.getFirst() : new Regex.Choice(branches);
    }

    private Regex sequence() {
        List<Regex> parts = new ArrayList<>();
        while (at < pattern.length && peek() != '|' && peek() != ')' && peek() != '$') {
            parts.add(repeated(atom()));
        }
        return new Regex.Sequence(parts);
    }

    private Regex atom() {
        int c = pattern[at++];
        return switch (c) {
            case '(' -> group();
            case '[' -> new Regex.Characters(new RegexClass(this).parse());
            case '.' -> new Regex.Characters(NOT_A_BREAK);
            case '\\' -> new Regex.Characters(escape());
            case '^' -> {
                at--;
                throw refused(
                        "^ is only accepted at the beginning of the pattern or of one of its"
                                + " outermost alternatives");
            }
            case '*', '+', '?' -> {
                at--;
                throw refused("nothing to repeat");
            }
            default -> {
                if (c == '{' && isCount(at)) {
                    at--;
                    throw refused("nothing to repeat");
                }
                yield new Regex.Characters(character(c));
            }
        };
    }

    private static CodePoints character(int c) {
        return CodePoints.range(c, c);
    }

    private Regex group() {
        if (++depth > GuideLimits.GROUP_DEPTH) {
            throw refused("at most " + GuideLimits.GROUP_DEPTH + " groups inside each other");
        }
        if (accept('?')) {
            groupKind();
        }
        Regex inside = alternatives();
        if (!accept(')')) {
            throw refused(
                    at < pattern.length
                            ? "$ is only accepted at the end of the pattern"
                            : "a group that is not closed");
        }
        depth--;
        return inside;
    }

    /** Non-capturing and named groups; all others would need more than an automaton. */
    private void groupKind() {
        if (accept(':')) {
            return;
        }
        accept('P');
        if (accept('<') && at < pattern.length && Character.isLetter(peek())) {
            while (at < pattern.length && peek() != '>') {
                at++;
            }
            if (accept('>')) {
                return;
            }
        }
        throw refused(
                "lookaround, flags and back references are not supported; (…), (?:…) and"
                        + " (?<name>…) are accepted");
    }

    private Regex repeated(Regex part) {
        if (at == pattern.length) {
            return part;
        }
        int min;
        int max;
        switch (peek()) {
            case '*' -> {
                min = 0;
                max = Regex.Repeat.UNBOUNDED;
                at++;
            }
            case '+' -> {
                min = 1;
                max = Regex.Repeat.UNBOUNDED;
                at++;
            }
            case '?' -> {
                min = 0;
                max = 1;
                at++;
            }
            default -> {
                if (peek() != '{' || !isCount(at + 1)) {
                    return part;
                }
                at++;
                min = number();
                max = min;
                if (accept(',')) {
                    max = peek() == '}' ? Regex.Repeat.UNBOUNDED : number();
                }
                at++;
                if (max != Regex.Repeat.UNBOUNDED && max < min) {
                    throw refused("a repetition whose most is below its least");
                }
            }
        }
        if (!accept('?') && at < pattern.length && (peek() == '+' || peek() == '*')) {
            throw refused("a repetition of a repetition; groups are accepted: (…)");
        }
        return new Regex.Repeat(part, min, max);
    }

    /** Whether {@code {m}}, {@code {m,}} or {@code {m,n}} goes on here, behind its brace. */
    private boolean isCount(int from) {
        int i = from;
        while (i < pattern.length && isDigit(pattern[i])) {
            i++;
        }
        if (i == from) {
            return false;
        }
        if (i < pattern.length && pattern[i] == ',') {
            i++;
            while (i < pattern.length && isDigit(pattern[i])) {
                i++;
            }
        }
        return i < pattern.length && pattern[i] == '}';
    }

    private int number() {
        long value = 0;
        while (isDigit(peek())) {
            value = Math.min(MAX_REPEAT + 1L, 10 * value + pattern[at++] - '0');
        }
        if (value > MAX_REPEAT) {
            throw refused("at most " + MAX_REPEAT + " repetitions");
        }
        return (int) value;
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** What stands behind a backslash, as characters. */
    CodePoints escape() {
        if (at == pattern.length) {
            throw refused("a backslash at the end");
        }
        int c = pattern[at++];
        return switch (c) {
            case 'd' -> RegexClass.DIGITS;
            case 'D' -> RegexClass.DIGITS.not();
            case 'w' -> RegexClass.WORD;
            case 'W' -> RegexClass.WORD.not();
            case 's' -> RegexClass.SPACE;
            case 'S' -> RegexClass.SPACE.not();
            case 't' -> character('\t');
            case 'n' -> character('\n');
            case 'r' -> character('\r');
            case 'f' -> character('\f');
            case 'v' -> character(0x0B);
            case 'x' -> character(hex(2));
            case 'u' -> character(hex(4));
            default -> {
                if (c > 0x7F || Character.isLetterOrDigit(c)) {
                    at -= 2;
                    throw refused(
                            "\\"
                                    + Character.toString(c)
                                    + " is not supported; \\d \\w \\s \\t \\n \\r \\f \\v \\xHH"
                                    + " \\uHHHH and escaped punctuation are accepted");
                }
                yield character(c);
            }
        };
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < pattern.length ? Character.digit(pattern[at], 16) : -1;
            if (digit < 0 || pattern[at] > 0x7F) {
                throw refused(digits + " hexadecimal digits are expected");
            }
            value = value << 4 | digit;
            at++;
        }
        if (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE) {
            throw refused("half a surrogate pair; the character itself is accepted");
        }
        return value;
    }

    boolean atEnd() {
        return at == pattern.length;
    }

    int peek() {
        return at < pattern.length ? pattern[at] : -1;
    }

    int take() {
        return pattern[at++];
    }

    boolean accept(int c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    GuideException refused(String what) {
        return new GuideException("at character " + (at + 1) + ": " + what);
    }
}
