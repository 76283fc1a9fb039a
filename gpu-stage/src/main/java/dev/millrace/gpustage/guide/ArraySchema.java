package dev.millrace.gpustage.guide;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/**
 * The inside of an array. {@code prefixItems} must all be there unless {@code minItems} asks for
 * fewer, and nothing follows them unless {@code items} says so.
 */
final class ArraySchema {
    private final SchemaGrammar grammar;
    private final JsonText json;
    private final String path;
    private final JsonNode prefix;
    private final JsonNode items;
    private final int min;

    /** Most items; negative for any number. */
    private final int max;

    private ArraySchema(SchemaGrammar grammar, JsonNode schema, String path) {
        this.grammar = grammar;
        this.json = grammar.json;
        this.path = path;
        prefix = schema.path("prefixItems");
        if (!prefix.isMissingNode() && !prefix.isArray()) {
            throw SchemaKeywords.wrong(path, "prefixItems", prefix, "a list of schemas");
        }
        JsonNode others = schema.path("items");
        items = others.isMissingNode() ? BooleanNode.valueOf(prefix.isEmpty()) : others;
        min = SchemaKeywords.count(schema, "minItems", prefix.size(), path);
        int most = SchemaKeywords.count(schema, "maxItems", -1, path);
        boolean closed = items.isBoolean() && !items.booleanValue();
        max = closed && (most < 0 || most > prefix.size()) ? prefix.size() : most;
    }

    /** Writes what follows the opening bracket, closing bracket included. */
    static void write(SchemaGrammar grammar, JsonNode schema, String path, int start) {
        new ArraySchema(grammar, schema, path).write(start);
    }

    private void write(int start) {
        int end = json.nfa.state();
        json.nfa.close(end, ']');
        if (min == 0) {
            json.space(start, end);
        }
        int begin = json.nfa.state();
        json.space(start, begin);
        int counted = max >= 0 ? max : Math.max(prefix.size(), min);
        int behind = start;
        for (int i = 0; i < counted; i++) {
            behind = item(i, begin, i + 1 >= min, end);
            begin = json.nfa.state();
            json.comma(behind, begin);
        }
        if (max < 0) {
            behind = item(counted, begin, true, end);
            json.comma(behind, begin);
        }
    }

    /** Writes item i; the state behind it. */
    private int item(int i, int begin, boolean mayEnd, int end) {
        int behind = json.nfa.state();
        if (i < prefix.size()) {
            grammar.value(prefix.path(i), path + "/prefixItems/" + i, begin, behind);
        } else {
            grammar.value(items, path + "/items", begin, behind);
        }
        if (mayEnd) {
            json.space(behind, end);
        }
        return behind;
    }
}
