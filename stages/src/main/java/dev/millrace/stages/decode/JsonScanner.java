package dev.millrace.stages.decode;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * The tokens of one JSON text (RFC 8259), one after the other, each checked when it is come to.
 * Strict: no comments, no NaN, no text behind a comma that has nothing behind it. Allocates nothing
 * for a text whose names it knows. Reused between texts; owned by one decoder.
 *
 * <p>The text is well-formed UTF-8. What is wrong with it is {@link #problem()}, not an exception.
 */
final class JsonScanner {
    private static final int DEPTHS = DecodeLimits.MAX_JSON_DEPTH + 1;

    private final JsonNames names = new JsonNames();
    private byte[] bytes = {};
    private int begin;
    private int end;

    /** Behind the current token. */
    private int at;

    private int tokenFrom;
    private JsonToken token = JsonToken.NOT_AVAILABLE;
    private @Nullable String problem;

    /** By depth, the text itself being 0: whether that is an object. */
    private final boolean[] object = new boolean[DEPTHS];

    /** By depth: the name of the object's current value; null before the first. */
    private final @Nullable String[] name = new @Nullable String[DEPTHS];

    /** By depth: the array's current value; -1 before the first. */
    private final int[] index = new int[DEPTHS];

    private int depth;

    /** Begins with the text from {@code from} to {@code to}, both in {@code text}. */
    void open(byte[] text, int from, int to) {
        bytes = text;
        begin = from;
        end = to;
        at = from;
        depth = 0;
        token = JsonToken.NOT_AVAILABLE;
        problem = null;
        boolean marked =
                to - from >= 3
                        && text[from] == (byte) 0xEF
                        && text[from + 1] == (byte) 0xBB
                        && text[from + 2] == (byte) 0xBF;
        if (marked) {
            at += 3;
        }
    }

    /**
     * Steps to the next token. Null at the end of the text, and where there is a {@link
     * #problem()}.
     */
    @Nullable JsonToken next() {
        JsonToken before = token;
        skipSpace();
        tokenFrom = at;
        if (depth == 0) {
            return at == end ? null : value();
        }
        if (at == end) {
            return broken(object[depth] ? "an object does not end" : "an array does not end");
        }
        return object[depth] ? inObject(before) : inArray(before);
    }

    private @Nullable JsonToken inObject(JsonToken before) {
        if (before == JsonToken.PROPERTY_NAME) {
            return value();
        }
        if (bytes[at] == '}') {
            return close(JsonToken.END_OBJECT);
        }
        if (before != JsonToken.START_OBJECT) {
            if (bytes[at] != ',') {
                return broken("expected ',' or '}', got " + found());
            }
            at++;
            skipSpace();
            tokenFrom = at;
        }
        return propertyName();
    }

    private @Nullable JsonToken inArray(JsonToken before) {
        if (bytes[at] == ']') {
            return close(JsonToken.END_ARRAY);
        }
        if (before != JsonToken.START_ARRAY) {
            if (bytes[at] != ',') {
                return broken("expected ',' or ']', got " + found());
            }
            at++;
            skipSpace();
            tokenFrom = at;
        }
        index[depth]++;
        return value();
    }

    private @Nullable JsonToken propertyName() {
        if (at == end || bytes[at] != '"') {
            return broken("expected a name in double quotes, got " + found());
        }
        boolean plain = scanString();
        if (problem != null) {
            return null;
        }
        String read = plain ? names.of(bytes, tokenFrom + 1, at - 1) : unescaped();
        if (read.length() > DecodeLimits.MAX_NAME_CHARS) {
            at = tokenFrom;
            return broken("a name of more than " + DecodeLimits.MAX_NAME_CHARS + " characters");
        }
        if (!plain && Utf8.firstLoneSurrogate(read) >= 0) {
            at = tokenFrom;
            return broken("a name with half a surrogate pair");
        }
        name[depth] = read;
        skipSpace();
        if (at == end || bytes[at] != ':') {
            return broken("expected ':' behind a name, got " + found());
        }
        at++;
        return is(JsonToken.PROPERTY_NAME);
    }

    private @Nullable JsonToken value() {
        if (at == end) {
            return broken("expected a value, got the end");
        }
        return switch (bytes[at]) {
            case '{' -> open(JsonToken.START_OBJECT);
            case '[' -> open(JsonToken.START_ARRAY);
            case '"' -> {
                scanString();
                yield problem == null ? is(JsonToken.VALUE_STRING) : null;
            }
            case 't' -> word("true", JsonToken.VALUE_TRUE);
            case 'f' -> word("false", JsonToken.VALUE_FALSE);
            case 'n' -> word("null", JsonToken.VALUE_NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> broken("expected a value, got " + found());
        };
    }

    private @Nullable JsonToken open(JsonToken start) {
        if (depth == DecodeLimits.MAX_JSON_DEPTH) {
            return broken(
                    "more than "
                            + DecodeLimits.MAX_JSON_DEPTH
                            + " objects and arrays inside each other");
        }
        at++;
        depth++;
        object[depth] = start == JsonToken.START_OBJECT;
        name[depth] = null;
        index[depth] = -1;
        return is(start);
    }

    private JsonToken close(JsonToken endToken) {
        at++;
        depth--;
        return is(endToken);
    }

    private @Nullable JsonToken word(String word, JsonToken what) {
        for (int i = 0; i < word.length(); i++) {
            if (at + i >= end || bytes[at + i] != word.charAt(i)) {
                return broken("expected a value, got " + found());
            }
        }
        at += word.length();
        return is(what);
    }

    private @Nullable JsonToken number() {
        JsonToken what = JsonToken.VALUE_NUMBER_INT;
        if (bytes[at] == '-') {
            at++;
        }
        int whole = at;
        if (!digits()) {
            return broken("a number without a digit behind its sign");
        }
        if (bytes[whole] == '0' && at - whole > 1) {
            return broken("a number that begins with 0");
        }
        if (at < end && bytes[at] == '.') {
            at++;
            what = JsonToken.VALUE_NUMBER_FLOAT;
            if (!digits()) {
                return broken("a number without a digit behind its point");
            }
        }
        if (at < end && (bytes[at] == 'e' || bytes[at] == 'E')) {
            at++;
            what = JsonToken.VALUE_NUMBER_FLOAT;
            if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            if (!digits()) {
                return broken("a number without a digit in its exponent");
            }
        }
        if (at - tokenFrom > DecodeLimits.MAX_NUMBER_CHARS) {
            return broken("a number of more than " + DecodeLimits.MAX_NUMBER_CHARS + " characters");
        }
        return is(what);
    }

    /** Passes digits; false where there is none. */
    private boolean digits() {
        int from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at > from;
    }

    /** Passes a string, whose quote {@code at} is; whether it has no escapes. */
    private boolean scanString() {
        boolean plain = true;
        int i = at + 1;
        while (i < end) {
            int value = bytes[i];
            if (value == '"') {
                at = i + 1;
                return plain;
            }
            if (value == '\\') {
                plain = false;
                int length = JsonText.escapeLength(bytes, i, end);
                if (length == 0) {
                    at = i;
                    broken("an escape that is none");
                    return false;
                }
                i += length;
            } else if (value >= 0 && value < ' ') {
                at = i;
                broken("a control character in a string; expected it as \\u" + hex(value));
                return false;
            } else {
                i++;
            }
        }
        at = end;
        broken("a string does not end");
        return false;
    }

    private static String hex(int value) {
        return String.format("%04x", value);
    }

    private void skipSpace() {
        while (at < end
                && (bytes[at] == ' '
                        || bytes[at] == '\n'
                        || bytes[at] == '\r'
                        || bytes[at] == '\t')) {
            at++;
        }
    }

    private JsonToken is(JsonToken what) {
        token = what;
        return what;
    }

    private @Nullable JsonToken broken(String what) {
        problem = what;
        token = JsonToken.NOT_AVAILABLE;
        return null;
    }

    /** The word or character that stands there, for a message. */
    private String found() {
        if (at == end) {
            return "the end";
        }
        if (bytes[at] == 0) {
            return "a zero byte";
        }
        int to = at;
        while (to < end && to - at < DecodeLimits.MAX_SHOWN_CHARS && isWord(bytes[to])) {
            to++;
        }
        while (to == at || (to < end && (bytes[to] & 0xC0) == 0x80)) {
            to++;
        }
        return "'" + JsonText.string(bytes, at, to) + "'";
    }

    private static boolean isWord(byte value) {
        return Character.isLetterOrDigit(value) || value == '_' || value == '-' || value == '+';
    }

    // ---- Where it stands.

    /** What is wrong with the text; null where nothing is so far. */
    @Nullable String problem() {
        return problem;
    }

    JsonToken token() {
        return token;
    }

    /** The name of the value, or of the name, that it stands on or behind. */
    @Nullable String name() {
        return name[depth];
    }

    /** Objects and arrays it is in. */
    int depth() {
        return depth;
    }

    /** The name at a depth from 1 on; null for an array, and before an object's first. */
    @Nullable String name(int ofDepth) {
        return object[ofDepth] ? name[ofDepth] : null;
    }

    /** The index at a depth from 1 on; -1 for an object, and before an array's first. */
    int index(int ofDepth) {
        return object[ofDepth] ? -1 : index[ofDepth];
    }

    byte[] bytes() {
        return bytes;
    }

    /** Where the current token begins in {@link #bytes()}. */
    int tokenFrom() {
        return tokenFrom;
    }

    /** Behind the current token; where there is a problem, its place. */
    int tokenTo() {
        return at;
    }

    /** Where the text begins. */
    int begin() {
        return begin;
    }

    /** The string it stands on, halves of surrogate pairs included. */
    String unescaped() {
        return JsonText.string(bytes, tokenFrom + 1, at - 1);
    }
}
