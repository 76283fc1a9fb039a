package dev.millrace.tools.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reading and writing JSON in tests. */
final class Json {
    static final JsonMapper MAPPER = new JsonMapper();

    private Json() {}

    static JsonNode parse(String text) {
        return MAPPER.readTree(text);
    }

    static JsonNode parse(byte[] text) {
        return MAPPER.readTree(text);
    }

    static JsonNode file(Path path) {
        try {
            return MAPPER.readTree(Files.readAllBytes(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of {@code fields} as one JSON object. */
    static String object(Map<String, ?> fields) {
        return MAPPER.writeValueAsString(fields);
    }

    /** {@code base} with the fields of {@code changes} in place of its own. */
    static String with(String base, String changes) {
        ObjectNode merged = (ObjectNode) MAPPER.readTree(base);
        MAPPER.readTree(changes)
                .properties()
                .forEach(field -> merged.set(field.getKey(), field.getValue()));
        return MAPPER.writeValueAsString(merged);
    }

    /** {@code base} without a field. */
    static String without(String base, String field) {
        ObjectNode rest = (ObjectNode) MAPPER.readTree(base);
        rest.remove(field);
        return MAPPER.writeValueAsString(rest);
    }

    static int[] ints(JsonNode list) {
        int[] values = new int[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).intValue();
        }
        return values;
    }

    static float[] floats(JsonNode list) {
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).floatValue();
        }
        return values;
    }

    static List<JsonNode> list(JsonNode array) {
        var nodes = new ArrayList<JsonNode>();
        array.forEach(nodes::add);
        return nodes;
    }
}
