package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.StructuredOutput;
import dev.millrace.ringbuffer.StructuredOutput.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/**
 * What form the text must have: OpenAI's {@code response_format}, vLLM's {@code structured_outputs}
 * and its older {@code guided_} names. Reused between requests; owned by one decoder.
 *
 * <p>Only the shape is checked here. Whether a schema or a pattern is good costs more than a stage
 * may take; the model's lane finds out and refuses.
 */
final class StructuredFields {
    private static final String ONE_OF = "exactly one of json, regex, choice and json_object";

    private SamplingParams sampling = new SamplingParams();
    private String givenBy = "";

    // Of the response_format or structured_outputs at hand.
    private @Nullable StructuredOutput found;

    /** Forgets the last request; what is asked for will go into {@code into}. */
    void begin(SamplingParams into) {
        sampling = into;
        givenBy = "";
    }

    /**
     * Reads the value the reader stands on, if the field is one of these.
     *
     * @return whether it is
     */
    boolean read(String name, JsonReader json) {
        found = null;
        switch (name) {
            case "response_format" -> readResponseFormat(json);
            case "structured_outputs" -> readStructuredOutputs(json);
            case "guided_json" -> found = schema(json);
            case "guided_regex" -> found = regex(json);
            case "guided_choice" -> found = choice(json);
            default -> {
                return false;
            }
        }
        if (found != null && sampling.structured != null && !givenBy.equals(name)) {
            throw BadRequest.invalid(
                    name + ": not accepted together with " + givenBy + "; expected one of them",
                    name);
        }
        if (found != null || givenBy.equals(name)) {
            sampling.structured = found;
            givenBy = name;
        }
        return true;
    }

    private void readResponseFormat(JsonReader json) {
        String accepted = "{\"type\": \"text\"}, \"json_object\" or \"json_schema\"";
        if (!json.isObject()) {
            throw json.unexpected(accepted);
        }
        String path = json.path();
        String type = null;
        boolean schemaGiven = false;
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            if (name.equals("type")) {
                type = json.string("\"text\", \"json_object\" or \"json_schema\"");
                if (!List.of("text", "json_object", "json_schema").contains(type)) {
                    throw json.unexpected("\"text\", \"json_object\" or \"json_schema\"");
                }
            } else if (name.equals("json_schema") && !json.isNull()) {
                readJsonSchema(json);
                schemaGiven = true;
            } else {
                json.skip();
            }
        }
        if (type == null) {
            throw json.missing("type", "\"text\", \"json_object\" or \"json_schema\"");
        }
        if (type.equals("json_schema") && !schemaGiven) {
            throw json.missing("json_schema", "an object with a name and a schema");
        }
        if (type.equals("json_object")) {
            found = new StructuredOutput(Kind.JSON_OBJECT, "", path);
        } else if (type.equals("text")) {
            found = null;
        }
    }

    private void readJsonSchema(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("an object with a name and a schema");
        }
        found = null;
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            switch (name) {
                case "name" -> json.string("a string");
                case "strict" -> {
                    if (!json.isNull()) {
                        json.bool();
                    }
                }
                case "schema" -> {
                    if (!json.isObject()) {
                        throw json.unexpected("a JSON Schema: an object");
                    }
                    found = schema(json);
                }
                default -> json.skip();
            }
        }
        if (found == null) {
            throw json.missing("schema", "a JSON Schema: an object");
        }
    }

    private void readStructuredOutputs(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("an object with " + ONE_OF);
        }
        String path = json.path();
        int forms = 0;
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            StructuredOutput form = json.isNull() ? null : form(name, json);
            if (form != null) {
                found = form;
                forms++;
            }
        }
        if (forms != 1) {
            throw BadRequest.invalid(
                    path + ": expected " + ONE_OF + ", got " + (forms == 0 ? "none" : forms), path);
        }
    }

    private static @Nullable StructuredOutput form(String name, JsonReader json) {
        return switch (name) {
            case "json" -> schema(json);
            case "regex" -> regex(json);
            case "choice" -> choice(json);
            case "json_object" -> {
                String path = json.path();
                yield json.bool() ? new StructuredOutput(Kind.JSON_OBJECT, "", path) : null;
            }
            case "grammar", "structural_tag", "whitespace_pattern" ->
                    throw json.unexpected("null (not supported; " + ONE_OF + " is expected)");
            default -> {
                json.skip();
                yield null;
            }
        };
    }

    /** A schema as an object, or as a string that holds one. */
    private static StructuredOutput schema(JsonReader json) {
        String path = json.path();
        if (!json.isObject() && !json.isString()) {
            throw json.unexpected("a JSON Schema: an object, or a string that holds one");
        }
        String source = json.isString() ? text(json, "a JSON Schema") : JsonCopy.of(json);
        return new StructuredOutput(Kind.JSON_SCHEMA, bounded(source, path), path);
    }

    private static StructuredOutput regex(JsonReader json) {
        String path = json.path();
        return new StructuredOutput(
                Kind.REGEX, bounded(text(json, "a regular expression"), path), path);
    }

    private static String text(JsonReader json, String what) {
        String accepted = what + " as a string that is not empty";
        String text = json.string(accepted);
        if (text.isEmpty()) {
            throw json.unexpected(accepted);
        }
        return text;
    }

    private static StructuredOutput choice(JsonReader json) {
        String path = json.path();
        String accepted = "an array of strings that is not empty";
        if (!json.isArray()) {
            throw json.unexpected(accepted);
        }
        List<String> choices = new ArrayList<>();
        while (json.advance() != JsonToken.END_ARRAY) {
            choices.add(json.string("a string"));
        }
        if (choices.isEmpty()) {
            throw BadRequest.invalid(path + ": expected " + accepted + ", got []", path);
        }
        return new StructuredOutput(Kind.CHOICE, bounded(JsonCopy.array(choices), path), path);
    }

    private static String bounded(String source, String path) {
        int bytes = source.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > DecodeLimits.MAX_STRUCTURED_BYTES) {
            throw BadRequest.invalid(
                    path
                            + ": expected at most "
                            + DecodeLimits.MAX_STRUCTURED_BYTES
                            + " bytes of JSON or pattern, got "
                            + bytes,
                    path);
        }
        return source;
    }
}
