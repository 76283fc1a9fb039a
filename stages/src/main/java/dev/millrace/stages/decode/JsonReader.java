package dev.millrace.stages.decode;

import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * Typed reading of one JSON text, with refusals that name the field in the request's own words, its
 * value, and what would be accepted.
 *
 * <p>The parser stands on a value when a method that reads one is called. {@code null} is read by
 * {@link #isNull()}; everywhere else it is a value of the wrong type.
 */
final class JsonReader {
    private static final String[] ADVICE = {
        " (start marker", ": enable `", ", from `", " at [Source", "\n"
    };

    private final JsonParser parser;
    private final byte[] bytes;
    private final int begin;
    private final @Nullable String basePath;

    /**
     * @param bytes what the parser reads, from {@code begin} on
     * @param basePath what the text is called in messages; null for the whole body
     */
    JsonReader(JsonParser parser, byte[] bytes, int begin, @Nullable String basePath) {
        this.parser = parser;
        this.bytes = bytes;
        this.begin = begin;
        this.basePath = basePath;
    }

    /** The next token; null at the end of the text. */
    @Nullable JsonToken next() {
        try {
            return parser.nextToken();
        } catch (JacksonException e) {
            throw broken(e);
        }
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
        JsonToken token = parser.currentToken();
        return token == null ? JsonToken.NOT_AVAILABLE : token;
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
                    "the body goes on after its JSON object at " + where(parser.currentLocation()),
                    null);
        }
    }

    /** The next field's name, with the parser on its value; null at the end of the object. */
    @Nullable String nextField() {
        if (advance() == JsonToken.END_OBJECT) {
            return null;
        }
        String name = parser.currentName();
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
        try {
            parser.skipChildren();
        } catch (JacksonException e) {
            throw broken(e);
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
        if (!isString() || !JsonText.unquote(bytes, begin + tokenOffset(), into)) {
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
        try {
            JsonParser.NumberType type = parser.getNumberType();
            if (type == JsonParser.NumberType.INT || type == JsonParser.NumberType.LONG) {
                long value = parser.getLongValue();
                if (value >= min && value <= max) {
                    return value;
                }
            }
        } catch (JacksonException e) {
            throw broken(e);
        }
        throw unexpected(accepted);
    }

    /** A finite number, integer or not. */
    double number(String accepted) {
        if (!isInteger() && token() != JsonToken.VALUE_NUMBER_FLOAT) {
            throw unexpected(accepted);
        }
        try {
            double value = parser.getDoubleValue();
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (JacksonException e) {
            throw broken(e);
        }
        throw unexpected(accepted);
    }

    /** A number within bounds, both included. */
    double number(double min, double max, String accepted) {
        double value = number(accepted);
        if (value < min || value > max) {
            throw unexpected(accepted);
        }
        return value;
    }

    /** The parser itself, for numbers in bulk; whoever uses it wraps what it throws. */
    JsonParser parser() {
        return parser;
    }

    /** Offset of the current token in the bytes the parser was opened on. */
    int tokenOffset() {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** Offset behind the current token. */
    int endOffset() {
        return (int) parser.currentLocation().getByteOffset();
    }

    /** What the current value is called: {@code messages[1].content}. */
    String path() {
        StringBuilder path = new StringBuilder(basePath == null ? "" : basePath);
        JsonPointer at = parser.streamReadContext().pathAsPointer();
        while (at != null && !at.matches() && path.length() < DecodeLimits.MAX_PATH_CHARS) {
            int index = at.getMatchingIndex();
            if (index >= 0 && path.length() > 0) {
                path.append('[').append(index).append(']');
            } else {
                if (path.length() > 0) {
                    path.append('.');
                }
                path.append(clipped(at.getMatchingProperty()));
            }
            at = at.tail();
        }
        return path.toString();
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

    /** What Jackson refused, with its place and the value it was in or behind. */
    BadRequest broken(JacksonException e) {
        String path = path();
        TokenStreamLocation location = e.getLocation();
        return BadRequest.invalid(
                "the body is not valid JSON at "
                        + where(location == null ? parser.currentLocation() : location)
                        + (path.isEmpty() ? "" : " (near " + path + ")")
                        + ": "
                        + reason(e),
                null);
    }

    /** Jackson's words without its advice to programmers. */
    private static String reason(JacksonException e) {
        String reason = String.valueOf(e.getOriginalMessage());
        for (String advice : ADVICE) {
            int at = reason.indexOf(advice);
            reason = at < 0 ? reason : reason.substring(0, at);
        }
        return clipped(reason, DecodeLimits.MAX_REASON_CHARS);
    }

    private static String where(TokenStreamLocation location) {
        return "line " + location.getLineNr() + ", column " + location.getColumnNr();
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
        try {
            return parser.getString();
        } catch (JacksonException e) {
            throw broken(e);
        }
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
