package dev.millrace.gpustage.guide;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * Which keywords of JSON Schema (draft 2020-12) say something, and to which type of value. What a
 * schema says that is not supported is refused; what says nothing about an instance is ignored.
 */
final class SchemaKeywords {
    static final List<String> TYPES =
            List.of("string", "number", "integer", "boolean", "null", "object", "array");

    static final Set<String> OBJECT = Set.of("properties", "required", "additionalProperties");
    static final Set<String> ARRAY = Set.of("items", "prefixItems", "minItems", "maxItems");
    static final Set<String> STRING = Set.of("minLength", "maxLength", "pattern", "format");
    static final Set<String> NUMBER =
            Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");

    /** Say what other schemas the value must fit, too. */
    static final Set<String> COMPOUND = Set.of("anyOf", "oneOf", "allOf", "$ref");

    private static final Set<String> VALUE = Set.of("type", "enum", "const");

    private static final Set<String> UNSUPPORTED =
            Set.of(
                    "not",
                    "if",
                    "then",
                    "else",
                    "patternProperties",
                    "propertyNames",
                    "minProperties",
                    "maxProperties",
                    "dependentRequired",
                    "dependentSchemas",
                    "dependencies",
                    "unevaluatedItems",
                    "unevaluatedProperties",
                    "additionalItems",
                    "contains",
                    "minContains",
                    "maxContains",
                    "multipleOf",
                    "$dynamicRef",
                    "$recursiveRef");

    private SchemaKeywords() {}

    /**
     * @throws GuideException naming a keyword that is not supported
     */
    static void check(JsonNode schema, String path) {
        for (String name : schema.propertyNames()) {
            if (UNSUPPORTED.contains(name)) {
                throw new GuideException(
                        path
                                + ": "
                                + name
                                + " is not supported; accepted are "
                                + String.join(", ", supported()));
            }
        }
        if (schema.path("uniqueItems").asBoolean(false)) {
            throw new GuideException(path + ": uniqueItems is not supported; false is accepted");
        }
    }

    private static Set<String> supported() {
        var all = new TreeSet<String>(VALUE);
        List.of(OBJECT, ARRAY, STRING, NUMBER, COMPOUND).forEach(all::addAll);
        return all;
    }

    /** Whether the schema holds one of these. */
    static boolean hasAny(JsonNode schema, Set<String> keywords) {
        return keywords.stream().anyMatch(schema::has);
    }

    /** Whether a keyword limits values. */
    static boolean constrains(String name) {
        return supported().contains(name);
    }

    /** A bound on a count. */
    static int count(JsonNode schema, String name, int absent, String path) {
        JsonNode value = schema.path(name);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 0) {
            throw wrong(path, name, value, "an integer of at least 0");
        }
        return value.asInt();
    }

    static GuideException wrong(String path, String name, JsonNode value, String accepted) {
        String shown = value.toString();
        return new GuideException(
                path
                        + ": "
                        + name
                        + " is "
                        + (shown.length() > 60 ? shown.substring(0, 60) + "…" : shown)
                        + "; "
                        + accepted
                        + " is accepted");
    }
}
