package dev.millrace.stages.decode;

import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * Typed reading of one JSON text, with refusals that name the field in the request's own words, its
 * value, and what would be accepted.
 *
 * <p>The reader stands on a value when a method that reads one is called. {@code null} is read by
 * {@link #isNull()}; everywhere else it is a value of the wrong type.
 */
final class JsonReader {
    private final JsonScanner scanner = new JsonScanner();
    private final JsonNumber number = new JsonNumber();
    private @Nullable String basePath;

    /**
     * Begins with a text, before its first token.
     *
     * @param bytes hold it, well-formed UTF-8, from {@code from} to {@code to}
     * @param basePath what the text is called in messages; null for the whole body
     */
    JsonReader open(byte[] bytes, int from, int to, @Nullable String basePath) {
        this.basePath = basePath;
        scanner.open(bytes, from, to);
        return this;
    }

    /** The next token; null at the end of the text. */
    @Nullable JsonToken next() {
        JsonToken token = scanner.next();
        if (token == null && scanner.problem() != null) {
            throw broken();
        }
        return token;
    }

    /** The next token of a text that has not ended. */
    JsonToken advance() {
        JsonToken token = next();
        if (token == null) {
            throw BadRequest.invalid("the JSON text ends early", null);
        }
        return token;
    }

    JsonToken token() {
        return scanner.token();
    }

    /** Steps onto the opening brace of the whole text. */
    void beginDocument() {
        JsonToken first = next();
        if (first == null) {
            throw BadRequest.invalid("the body is empty; expected a JSON object", null);
        }
        if (first != JsonToken.START_OBJECT) {
            throw BadRequest.invalid("the body is " + shown() + "; expected a JSON object", null);
        }
    }

    /** Refuses anything after the whole text. */
    void endDocument() {
        if (next() != null) {
            throw BadRequest.invalid(
                    "the body goes on after its JSON object at " + where(scanner.tokenFrom()),
                    null);
        }
    }

    /** The next field's name, with the reader on its value; null at the end of the object. */
    @Nullable String nextField() {
        if (advance() == JsonToken.END_OBJECT) {
            return null;
        }
        String name = scanner.name();
        advance();
        return name;
    }

    boolean isNull() {
        return token() == JsonToken.VALUE_NULL;
    }

    boolean isArray() {
        return token() == JsonToken.START_ARRAY;
    }

    boolean isObject() {
        return token() == JsonToken.START_OBJECT;
    }

    boolean isString() {
        return token() == JsonToken.VALUE_STRING;
    }

    boolean isInteger() {
        return token() == JsonToken.VALUE_NUMBER_INT;
    }

    void skip() {
        if (isArray() || isObject()) {
            int around = scanner.depth() - 1;
            while (scanner.depth() > around) {
                advance();
            }
        }
    }

    /** A string that can be said in UTF-8: an escaped surrogate without its partner cannot. */
    String string(String accepted) {
        if (!isString()) {
            throw unexpected(accepted);
        }
        String text = rawString();
        int lone = Utf8.firstLoneSurrogate(text);
        if (lone >= 0) {
            throw BadRequest.invalid(
                    path()
                            + ": half a surrogate pair (\\u"
                            + Integer.toHexString(text.charAt(lone))
                            + ") at character "
                            + lone
                            + "; expected text that can be written in UTF-8",
                    path());
        }
        return text;
    }

    /** Appends a string as UTF-8, straight from the body where nothing is wrong with it. */
    void text(String accepted, Utf8Text into) {
        int before = into.length();
        if (!isString() || !JsonText.unquote(scanner.bytes(), scanner.tokenFrom(), into)) {
            into.cut(before);
            into.add(string(accepted));
        }
    }

    boolean bool() {
        JsonToken token = token();
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw unexpected("true or false");
        }
        return token == JsonToken.VALUE_TRUE;
    }

    /** An integer within bounds, both included. */
    long integer(long min, long max, String accepted) {
        if (!isInteger()) {
            throw unexpected(accepted);
        }
        JsonNumber read = numberHere();
        if (read.isLong()) {
            long value = read.longValue();
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw unexpected(accepted);
    }

    /** An integer from 0 to 2^64 - 1, as the bits of a long. */
    long unsigned(String accepted) {
        if (!isInteger()) {
            throw unexpected(accepted);
        }
        JsonNumber read = numberHere();
        if (read.isLong() && read.longValue() >= 0) {
            return read.longValue();
        }
        if (!read.isLong()) {
            BigInteger value = read.bigInteger();
            if (value.signum() >= 0 && value.bitLength() <= Long.SIZE) {
                return value.longValue();
            }
        }
        throw unexpected(accepted);
    }

    private JsonNumber numberHere() {
        return number.read(scanner.bytes(), scanner.tokenFrom(), scanner.tokenTo());
    }

    private boolean isNumber() {
        return isInteger() || token() == JsonToken.VALUE_NUMBER_FLOAT;
    }

    /** A finite number, integer or not. */
    double number(String accepted) {
        if (!isNumber()) {
            throw unexpected(accepted);
        }
        double value = numberHere().doubleValue();
        if (!Double.isFinite(value)) {
            throw unexpected(accepted);
        }
        return value;
    }

    /** The nearest finite float; going through double would round twice. */
    float single(String accepted) {
        if (!isNumber()) {
            throw unexpected(accepted);
        }
        float value = numberHere().floatValue();
        if (!Float.isFinite(value)) {
            throw unexpected(accepted);
        }
        return value;
    }

    /** A number within bounds, both included. */
    double number(double min, double max, String accepted) {
        double value = number(accepted);
        if (value < min || value > max) {
            throw unexpected(accepted);
        }
        return value;
    }

    /** Offset of the current token in the text. */
    int tokenOffset() {
        return scanner.tokenFrom() - scanner.begin();
    }

    /** Offset behind the current token. */
    int endOffset() {
        return scanner.tokenTo() - scanner.begin();
    }

    /** The bytes of a part of the text, for another reader. */
    byte[] copy(int fromOffset, int toOffset) {
        return Arrays.copyOfRange(
                scanner.bytes(), scanner.begin() + fromOffset, scanner.begin() + toOffset);
    }

    /** What the current value is called: {@code messages[1].content}. */
    String path() {
        StringBuilder path = new StringBuilder(basePath == null ? "" : basePath);
        for (int depth = 1;
                depth <= scanner.depth() && path.length() < DecodeLimits.MAX_PATH_CHARS;
                depth++) {
            String name = scanner.name(depth);
            if (name != null && !path.isEmpty() && isNumber(name)) {
                path.append('[').append(clipped(name)).append(']');
            } else if (name != null) {
                path.append(path.isEmpty() ? "" : ".").append(clipped(name));
            } else if (scanner.index(depth) >= 0) {
                path.append('[').append(scanner.index(depth)).append(']');
            }
        }
        return path.toString();
    }

    /** A name of {@code logit_bias}, say, which is a token's id. */
    private static boolean isNumber(String name) {
        return !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The current value is not what it must be. */
    BadRequest unexpected(String accepted) {
        String path = path();
        return BadRequest.invalid(path + ": expected " + accepted + ", got " + shown(), path);
    }

    /** A field that is missing from the current object. */
    BadRequest missing(String name, String accepted) {
        String object = path();
        String path = object.isEmpty() ? name : object + "." + name;
        return BadRequest.invalid(path + ": missing; expected " + accepted, path);
    }

    /** What is not JSON, with its place and the value it was in or behind. */
    private BadRequest broken() {
        String path = path();
        return BadRequest.invalid(
                "the body is not valid JSON at "
                        + where(scanner.tokenTo())
                        + (path.isEmpty() ? "" : " (near " + path + ")")
                        + ": "
                        + clipped(scanner.problem(), DecodeLimits.MAX_REASON_CHARS),
                null);
    }

    private String where(int at) {
        byte[] bytes = scanner.bytes();
        int line = 1;
        int lineFrom = scanner.begin();
        for (int i = lineFrom; i < at; i++) {
            if (bytes[i] == '\n') {
                line++;
                lineFrom = i + 1;
            }
        }
        return "line " + line + ", column " + (Utf8.chars(bytes, lineFrom, at) + 1);
    }

    private String shown() {
        return switch (token()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_NULL -> "null";
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            case VALUE_STRING -> '"' + clipped(rawString()) + '"';
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> clipped(rawString());
            default -> "nothing";
        };
    }

    private String rawString() {
        return isString()
                ? scanner.unescaped()
                : JsonText.string(scanner.bytes(), scanner.tokenFrom(), scanner.tokenTo());
    }

    /** As much of a client's text as a message repeats; what cannot be printed becomes '?'. */
    static String clipped(@Nullable String text) {
        return clipped(text, DecodeLimits.MAX_SHOWN_CHARS);
    }

    private static String clipped(@Nullable String text, int maxChars) {
        if (text == null) {
            return "";
        }
        StringBuilder clean = new StringBuilder(Math.min(text.length(), maxChars) + 1);
        int i = 0;
        while (i < text.length() && i < maxChars) {
            int point = text.codePointAt(i);
            boolean printable =
                    !Character.isISOControl(point)
                            && (point > Character.MAX_SURROGATE || point < Character.MIN_SURROGATE);
            clean.appendCodePoint(printable ? point : '?');
            i += Character.charCount(point);
        }
        return i < text.length() ? clean.append('…').toString() : clean.toString();
    }
}
