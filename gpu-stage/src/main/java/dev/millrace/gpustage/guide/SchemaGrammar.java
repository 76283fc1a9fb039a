package dev.millrace.gpustage.guide;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The texts of a JSON Schema (draft 2020-12) as a net.
 *
 * <p>Narrower than the schema where peers are, too: properties come in the schema's order; a schema
 * with {@code properties} allows no others unless it says so; {@code oneOf} is read as {@code
 * anyOf}; an untyped schema describes the types that its keywords speak of.
 */
final class SchemaGrammar {
    /** $ref, allOf, anyOf and oneOf inside each other without a container between. */
    private static final int MAX_UNFOLDED = 64;

    final JsonText json;
    private final JsonNode root;
    private final ScalarSchemas scalars;

    /** First states by what is said of the container: recursive schemas come back to them. */
    private final Map<JsonNode, Integer> containers = new HashMap<>();

    private final Queue<Runnable> unwritten = new ArrayDeque<>();

    private SchemaGrammar(JsonNode root, JsonText json) {
        this.root = root;
        this.json = json;
        this.scalars = new ScalarSchemas(json);
    }

    /**
     * Writes all texts of a schema.
     *
     * @throws GuideException naming the keyword that is wrong or not supported
     */
    static void write(JsonNode schema, JsonText json, int from, int to) {
        var grammar = new SchemaGrammar(schema, json);
        grammar.value(schema, "#", 0, from, to);
        for (Runnable next = grammar.unwritten.poll();
                next != null;
                next = grammar.unwritten.poll()) {
            next.run();
        }
    }

    void value(JsonNode schema, String path, int from, int to) {
        value(schema, path, 0, from, to);
    }

    private void value(JsonNode schema, String path, int unfolded, int from, int to) {
        if (schema.isBoolean()) {
            if (schema.booleanValue()) {
                json.value(from, to);
            }
            return;
        }
        if (!(schema instanceof ObjectNode object)) {
            throw new GuideException(path + ": a schema is an object, true or false");
        }
        if (unfolded > MAX_UNFOLDED) {
            throw new GuideException(
                    path
                            + ": refers to itself without an object or array between; one between"
                            + " is accepted");
        }
        SchemaKeywords.check(object, path);
        if (object.has("$ref")) {
            JsonNode target = resolve(object.path("$ref"), path);
            value(beside(object, "$ref", target, path), path, unfolded + 1, from, to);
        } else if (object.has("allOf")) {
            JsonNode all = SchemaMerge.less(object, "allOf");
            for (JsonNode part : schemas(object, "allOf", path)) {
                all = both(all, part, path);
            }
            value(all, path, unfolded + 1, from, to);
        } else if (object.has("anyOf") || object.has("oneOf")) {
            String name = object.has("anyOf") ? "anyOf" : "oneOf";
            for (JsonNode option : schemas(object, name, path)) {
                value(beside(object, name, option, path), path, unfolded + 1, from, to);
            }
        } else if (object.has("enum") || object.has("const")) {
            oneOfValues(object, path, from, to);
        } else {
            types(object, path, from, to);
        }
    }

    /** What {@code part} says, and the rest of the schema that holds it under {@code name}. */
    private static JsonNode beside(ObjectNode schema, String name, JsonNode part, String path) {
        ObjectNode rest = SchemaMerge.less(schema, name);
        boolean says = rest.propertyNames().stream().anyMatch(SchemaKeywords::constrains);
        return says ? both(rest, part, path) : part;
    }

    private static JsonNode both(JsonNode one, JsonNode other, String path) {
        if (one instanceof ObjectNode first && other instanceof ObjectNode second) {
            return SchemaMerge.both(first, second, path);
        }
        boolean otherSaysNothing = other.isBoolean() && other.booleanValue();
        boolean nothingFits = one.isBoolean() && !one.booleanValue();
        return otherSaysNothing || nothingFits ? one : other;
    }

    private static List<JsonNode> schemas(ObjectNode schema, String name, String path) {
        JsonNode list = schema.path(name);
        if (!list.isArray() || list.isEmpty()) {
            throw SchemaKeywords.wrong(path, name, list, "a list of schemas that is not empty");
        }
        List<JsonNode> schemas = new ArrayList<>();
        list.forEach(schemas::add);
        return schemas;
    }

    private JsonNode resolve(JsonNode reference, String path) {
        String text = reference.asString("");
        JsonNode target = null;
        if (text.equals("#") || text.startsWith("#/")) {
            target = at(text.substring(1));
        }
        if (target == null || target.isMissingNode()) {
            throw SchemaKeywords.wrong(
                    path, "$ref", reference, "a place in the same schema, as in #/$defs/name,");
        }
        return target;
    }

    private @Nullable JsonNode at(String pointer) {
        try {
            String decoded = URLDecoder.decode(pointer.replace("+", "%2B"), StandardCharsets.UTF_8);
            return root.at(JsonPointer.compile(decoded));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void oneOfValues(ObjectNode schema, String path, int from, int to) {
        boolean constant = schema.has("const");
        for (String name : schema.propertyNames()) {
            boolean itself = name.equals(constant ? "const" : "enum") || name.equals("type");
            if (!itself && SchemaKeywords.constrains(name)) {
                throw new GuideException(
                        path
                                + ": "
                                + name
                                + " beside enum or const is not supported; type is accepted");
            }
        }
        JsonNode values = schema.path("enum");
        if (!constant && !values.isArray()) {
            throw SchemaKeywords.wrong(path, "enum", values, "a list of values");
        }
        List<String> types = typeNames(schema, path);
        for (JsonNode value : constant ? List.of(schema.path("const")) : values) {
            if (types.isEmpty() || types.stream().anyMatch(type -> isOf(value, type))) {
                json.literal(from, value, to);
            }
        }
    }

    private static boolean isOf(JsonNode value, String type) {
        return switch (type) {
            case "string" -> value.isString();
            case "number" -> value.isNumber();
            case "integer" ->
                    value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            case "object" -> value.isObject();
            default -> value.isArray();
        };
    }

    /** The types that the schema names; empty where it names none. */
    private static List<String> typeNames(ObjectNode schema, String path) {
        JsonNode type = schema.path("type");
        List<String> names = new ArrayList<>();
        if (type.isArray()) {
            type.forEach(name -> names.add(name.asString("")));
        } else if (!type.isMissingNode()) {
            names.add(type.asString(""));
        }
        if ((type.isArray() && names.isEmpty()) || !SchemaKeywords.TYPES.containsAll(names)) {
            throw SchemaKeywords.wrong(
                    path, "type", type, "one or a list of " + SchemaKeywords.TYPES);
        }
        return names;
    }

    private void types(ObjectNode schema, String path, int from, int to) {
        List<String> types = typeNames(schema, path);
        if (types.isEmpty()) {
            types = spokenOf(schema);
        }
        if (types.isEmpty()) {
            json.value(from, to);
        }
        for (String type : Set.copyOf(types)) {
            switch (type) {
                case "string" -> scalars.string(schema, path, from, to);
                case "number" -> scalars.number(schema, false, path, from, to);
                case "integer" -> {
                    if (!types.contains("number")) {
                        scalars.number(schema, true, path, from, to);
                    }
                }
                case "boolean" -> json.bool(from, to);
                case "null" -> json.nothing(from, to);
                case "object" -> object(schema, path, from, to);
                default -> array(schema, path, from, to);
            }
        }
    }

    private static List<String> spokenOf(ObjectNode schema) {
        List<String> types = new ArrayList<>();
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.OBJECT)) {
            types.add("object");
        }
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.ARRAY)) {
            types.add("array");
        }
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.STRING)) {
            types.add("string");
        }
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.NUMBER)) {
            types.add("number");
        }
        return types;
    }

    private void object(ObjectNode schema, String path, int from, int to) {
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.OBJECT)) {
            int start = container(schema, SchemaKeywords.OBJECT, path, ObjectSchema::write);
            json.nfa.call(from, '{', start, to);
        } else {
            json.object(from, to);
        }
    }

    private void array(ObjectNode schema, String path, int from, int to) {
        if (SchemaKeywords.hasAny(schema, SchemaKeywords.ARRAY)) {
            int start = container(schema, SchemaKeywords.ARRAY, path, ArraySchema::write);
            json.nfa.call(from, '[', start, to);
        } else {
            json.array(from, to);
        }
    }

    /** Writes the inside of a container from its first state on. */
    private interface Writer {
        void write(SchemaGrammar grammar, JsonNode schema, String path, int start);
    }

    private int container(ObjectNode schema, Set<String> keywords, String path, Writer writer) {
        ObjectNode said = schema.objectNode();
        for (var entry : schema.properties()) {
            if (keywords.contains(entry.getKey())) {
                said.set(entry.getKey(), entry.getValue());
            }
        }
        Integer known = containers.get(said);
        if (known != null) {
            return known;
        }
        int start = json.nfa.state();
        containers.put(said, start);
        unwritten.add(() -> writer.write(this, said, path, start));
        return start;
    }
}
