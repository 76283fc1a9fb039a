package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.List;

/** Reads a class of characters in brackets: {@code [a-z\d_]}, {@code [^"]}. */
final class RegexClass {
    static final CodePoints DIGITS = CodePoints.range('0', '9');
    static final CodePoints SPACE = CodePoints.of("\t\n\u000B\f\r ");
    static final CodePoints WORD =
            CodePoints.union(
                    List.of(
                            DIGITS,
                            CodePoints.range('a', 'z'),
                            CodePoints.range('A', 'Z'),
                            CodePoints.of("_")));

    private final RegexParser parser;

    RegexClass(RegexParser parser) {
        this.parser = parser;
    }

    /** The characters; the parser stands behind the opening bracket, and then the closing one. */
    CodePoints parse() {
        boolean negated = parser.accept('^');
        List<CodePoints> parts = new ArrayList<>();
        while (!parser.accept(']')) {
            parts.add(part());
        }
        if (parts.isEmpty()) {
            throw parser.refused("an empty class; \\] is accepted for the bracket itself");
        }
        CodePoints all = CodePoints.union(parts);
        return negated ? all.not() : all;
    }

    private CodePoints part() {
        CodePoints first = one();
        if (!parser.accept('-')) {
            return first;
        }
        if (parser.peek() == ']') {
            return first.or(CodePoints.range('-', '-'));
        }
        CodePoints last = one();
        if (!isSingle(first) || !isSingle(last)) {
            throw parser.refused("a range needs one character on each side; \\- is accepted");
        }
        if (first.bounds()[0] > last.bounds()[0]) {
            throw parser.refused("a range whose first character is behind its last");
        }
        return CodePoints.range(first.bounds()[0], last.bounds()[0]);
    }

    private CodePoints one() {
        if (parser.atEnd()) {
            throw parser.refused("a class that is not closed");
        }
        int c = parser.take();
        if (c != '\\') {
            return CodePoints.range(c, c);
        }
        return parser.accept('b') ? CodePoints.range('\b', '\b') : parser.escape();
    }

    private static boolean isSingle(CodePoints set) {
        return set.bounds().length == 2 && set.bounds()[0] == set.bounds()[1];
    }
}
