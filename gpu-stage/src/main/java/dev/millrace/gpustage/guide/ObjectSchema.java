package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/**
 * The inside of an object: its properties in the schema's order, then additional ones. Which
 * properties came does not matter for what may follow, only which is next.
 */
final class ObjectSchema {
    private final SchemaGrammar grammar;
    private final JsonText json;
    private final String path;
    private final Map<String, JsonNode> properties = new LinkedHashMap<>();
    private final Set<String> required = new TreeSet<>();
    private final JsonNode additional;

    private ObjectSchema(SchemaGrammar grammar, JsonNode schema, String path) {
        this.grammar = grammar;
        this.json = grammar.json;
        this.path = path;
        JsonNode listed = schema.path("properties");
        if (!listed.isMissingNode() && !listed.isObject()) {
            throw SchemaKeywords.wrong(path, "properties", listed, "an object of schemas");
        }
        listed.properties().forEach(e -> properties.put(e.getKey(), e.getValue()));
        JsonNode others = schema.path("additionalProperties");
        additional = others.isMissingNode() ? BooleanNode.valueOf(listed.isMissingNode()) : others;
        readRequired(schema.path("required"), others);
    }

    private void readRequired(JsonNode names, JsonNode others) {
        if (!names.isMissingNode() && !names.isArray()) {
            throw SchemaKeywords.wrong(path, "required", names, "a list of names");
        }
        for (JsonNode name : names) {
            if (!name.isString()) {
                throw SchemaKeywords.wrong(path, "required", names, "a list of names");
            }
            required.add(name.asString());
            if (!properties.containsKey(name.asString())) {
                if (others.isBoolean() && !others.booleanValue()) {
                    throw SchemaKeywords.wrong(
                            path, "required", name, "a name among the properties");
                }
                properties.put(name.asString(), others.isMissingNode() ? BooleanNode.TRUE : others);
            }
        }
    }

    /** Writes what follows the opening brace, closing brace included. */
    static void write(SchemaGrammar grammar, JsonNode schema, String path, int start) {
        new ObjectSchema(grammar, schema, path).write(start);
    }

    private void write(int start) {
        List<String> names = new ArrayList<>(properties.keySet());
        // Entry i: the property i or a later one may begin here; the last: an additional one.
        int[] begins = new int[names.size() + 1];
        for (int i = 0; i <= names.size(); i++) {
            begins[i] = json.nfa.state();
        }
        for (int i = 0; i < names.size(); i++) {
            if (!required.contains(names.get(i))) {
                json.nfa.epsilon(begins[i], begins[i + 1]);
            }
        }
        json.space(start, begins[0]);
        if (required.isEmpty()) {
            int empty = json.nfa.state();
            json.space(start, empty);
            json.nfa.close(empty, '}');
        }
        int end = json.nfa.state();
        json.nfa.close(end, '}');
        int last = lastRequired(names);
        for (int i = 0; i < names.size(); i++) {
            int behind = json.nfa.state();
            int inside = json.nfa.state();
            int key = json.nfa.state();
            JsonStrings.literal(json.nfa, begins[i], names.get(i), key);
            json.colon(key, inside);
            JsonNode schema = properties.getOrDefault(names.get(i), BooleanNode.FALSE);
            grammar.value(schema, path + "/properties/" + names.get(i), inside, behind);
            goOn(behind, begins[i + 1], i >= last, end);
        }
        writeAdditional(begins[names.size()], names, end);
    }

    private int lastRequired(List<String> names) {
        int last = names.size() - 1;
        while (last >= 0 && !required.contains(names.get(last))) {
            last--;
        }
        return last;
    }

    private void writeAdditional(int begin, List<String> names, int end) {
        if (additional.isBoolean() && !additional.booleanValue()) {
            return;
        }
        int behind = json.nfa.state();
        int inside = json.nfa.state();
        int key = json.nfa.state();
        if (names.isEmpty()) {
            JsonStrings.any(json.nfa, begin, key);
        } else {
            JsonStrings.anyBut(json.nfa, begin, names, key);
        }
        json.colon(key, inside);
        grammar.value(additional, path + "/additionalProperties", inside, behind);
        goOn(behind, begin, true, end);
    }

    private void goOn(int behind, int next, boolean mayEnd, int end) {
        json.comma(behind, next);
        if (mayEnd) {
            json.space(behind, end);
        }
    }
}
