package dev.millrace.gpustage.guide;

import java.util.LinkedHashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** One schema that says what two say. */
final class SchemaMerge {
    private SchemaMerge() {}

    /**
     * Merges keyword by keyword.
     *
     * @throws GuideException naming a keyword of which the two say different things
     */
    static ObjectNode both(ObjectNode one, ObjectNode other, String path) {
        ObjectNode merged = less(one, "");
        for (var entry : other.properties()) {
            String name = entry.getKey();
            JsonNode value = entry.getValue();
            JsonNode before = merged.get(name);
            if (before == null || before.equals(value) || !SchemaKeywords.constrains(name)) {
                merged.set(name, before == null ? value : before);
            } else {
                merged.set(name, bothSay(name, before, value, path));
            }
        }
        checkClosed(one, merged, path);
        checkClosed(other, merged, path);
        return merged;
    }

    /** The schema without one of its keywords. */
    static ObjectNode less(ObjectNode schema, String keyword) {
        ObjectNode rest = schema.objectNode();
        for (var entry : schema.properties()) {
            if (!entry.getKey().equals(keyword)) {
                rest.set(entry.getKey(), entry.getValue());
            }
        }
        return rest;
    }

    private static JsonNode bothSay(String name, JsonNode one, JsonNode other, String path) {
        return switch (name) {
            case "properties" -> properties(one, other, path);
            case "required" -> union(one, other);
            case "type" -> types(one, other);
            default -> throw refused(path, name);
        };
    }

    private static JsonNode properties(JsonNode one, JsonNode other, String path) {
        if (!(one instanceof ObjectNode first)) {
            return one;
        }
        ObjectNode merged = less(first, "");
        for (var entry : other.properties()) {
            JsonNode before = merged.get(entry.getKey());
            if (before != null && !before.equals(entry.getValue())) {
                throw refused(path, "the property " + entry.getKey());
            }
            merged.set(entry.getKey(), entry.getValue());
        }
        return merged;
    }

    private static JsonNode union(JsonNode one, JsonNode other) {
        if (!(one instanceof ArrayNode first)) {
            return one;
        }
        Set<JsonNode> names = new LinkedHashSet<>();
        first.forEach(names::add);
        other.forEach(names::add);
        return first.arrayNode().addAll(names);
    }

    private static JsonNode types(JsonNode one, JsonNode other) {
        Set<String> first = names(one);
        Set<String> second = names(other);
        ArrayNode merged = JsonNodeFactory.instance.arrayNode();
        for (String type : SchemaKeywords.TYPES) {
            if (says(first, type) && says(second, type)) {
                merged.add(type);
            }
        }
        return merged;
    }

    private static boolean says(Set<String> types, String type) {
        return types.contains(type) || (type.equals("integer") && types.contains("number"));
    }

    private static Set<String> names(JsonNode type) {
        Set<String> names = new LinkedHashSet<>();
        if (type.isArray()) {
            type.forEach(name -> names.add(name.asString("")));
        } else {
            names.add(type.asString(""));
        }
        return names;
    }

    /** A schema that allows no other properties than its own cannot be given more. */
    private static void checkClosed(JsonNode one, ObjectNode merged, String path) {
        if (one.has("additionalProperties")
                && !one.path("additionalProperties").asBoolean(false)
                && !one.path("properties").equals(merged.path("properties"))) {
            throw new GuideException(
                    path
                            + ": additionalProperties beside properties that another part adds"
                            + " (allOf, or beside $ref, anyOf or oneOf) is not supported; all"
                            + " properties in one place are accepted");
        }
    }

    private static GuideException refused(String path, String what) {
        return new GuideException(
                path
                        + ": "
                        + what
                        + " is said twice in different words (allOf, or beside $ref, anyOf or"
                        + " oneOf); saying it once is accepted");
    }
}
