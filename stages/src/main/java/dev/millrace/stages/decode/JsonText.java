package dev.millrace.stages.decode;

import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import java.nio.charset.StandardCharsets;

/** Strings of a JSON text (RFC 8259) as UTF-8, without one of Java's between. */
final class JsonText {
    private JsonText() {}

    /**
     * Appends what stands between the quotes.
     *
     * @param json well-formed UTF-8; at {@code quote} a string begins, and a parser has seen it end
     * @return false where the string is broken, or half a surrogate pair; what was appended until
     *     then stays
     */
    static boolean unquote(byte[] json, int quote, Utf8Text into) {
        int copied = quote + 1;
        for (int at = copied; at < json.length; ) {
            int value = json[at];
            if (value == '"') {
                into.add(json, copied, at);
                return true;
            }
            if (value == '\\') {
                into.add(json, copied, at);
                int length = escape(json, at, into);
                if (length == 0) {
                    return false;
                }
                at += length;
                copied = at;
            } else if (value >= 0 && value < ' ') {
                return false;
            } else {
                at++;
            }
        }
        return false;
    }

    /** How long the escape is that begins there, halves of surrogate pairs alone; 0 where none. */
    static int escapeLength(byte[] json, int at, int end) {
        if (at + 1 >= end) {
            return 0;
        }
        return switch (json[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> 2;
            case 'u' -> at + 6 <= end && unit(json, at) >= 0 ? 6 : 0;
            default -> 0;
        };
    }

    /**
     * What stands between the quotes as one of Java's, half a surrogate pair included; what is no
     * escape stays as it is.
     */
    static String string(byte[] json, int from, int to) {
        var text = new StringBuilder(to - from);
        int copied = from;
        for (int at = from; at < to; ) {
            int length = json[at] == '\\' ? escapeLength(json, at, to) : 0;
            if (length == 0) {
                at++;
                continue;
            }
            text.append(new String(json, copied, at - copied, StandardCharsets.UTF_8));
            text.append(length == 2 ? plain(json[at + 1]) : (char) unit(json, at));
            at += length;
            copied = at;
        }
        return copied == from
                ? new String(json, from, to - from, StandardCharsets.UTF_8)
                : text.append(new String(json, copied, to - copied, StandardCharsets.UTF_8))
                        .toString();
    }

    /** What an escape of one letter stands for; 0 where it is none. */
    private static char plain(byte letter) {
        return switch (letter) {
            case '"', '\\', '/' -> (char) letter;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> 0;
        };
    }

    /** Appends what an escape stands for and says how long it is; 0 where it is none. */
    private static int escape(byte[] json, int at, Utf8Text into) {
        if (at + 1 >= json.length) {
            return 0;
        }
        char plain = plain(json[at + 1]);
        if (plain != 0) {
            into.addByte(plain);
            return 2;
        }
        int unit = unit(json, at);
        if (unit < 0 || Character.isLowSurrogate((char) unit)) {
            return 0;
        }
        if (!Character.isHighSurrogate((char) unit)) {
            into.addCodePoint(unit);
            return 6;
        }
        int second = unit(json, at + 6);
        if (second < 0 || !Character.isLowSurrogate((char) second)) {
            return 0;
        }
        into.addCodePoint(Character.toCodePoint((char) unit, (char) second));
        return 12;
    }

    /** The code unit that {@code \\uXXXX} stands for, or -1. */
    private static int unit(byte[] json, int at) {
        if (at + 6 > json.length || json[at] != '\\' || json[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            int digit = json[i] < 0 ? -1 : Character.digit(json[i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }
}
