package dev.millrace.ringbuffer;

/**
 * What form the text of an answer must have. Its shape was checked by decode; whether the source
 * itself is good is found by whoever compiles it.
 *
 * @param kind how {@code source} is meant
 * @param source JSON_SCHEMA: the schema's JSON; REGEX: the pattern; CHOICE: a JSON array of
 *     strings; JSON_OBJECT: empty
 * @param field the request's field that it came in, for refusals
 */
public record StructuredOutput(Kind kind, String source, String field) {
    /** How a source is meant. */
    public enum Kind {
        /** Any JSON object. */
        JSON_OBJECT,
        /** What a JSON Schema describes. */
        JSON_SCHEMA,
        /** What a regular expression matches as a whole. */
        REGEX,
        /** One of the given texts. */
        CHOICE
    }
}
