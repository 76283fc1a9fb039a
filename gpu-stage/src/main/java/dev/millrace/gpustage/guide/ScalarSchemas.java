package dev.millrace.gpustage.guide;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Schemas of strings and numbers. */
final class ScalarSchemas {
    private static final String LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    private static final String DATE =
            "\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])"
                    + "|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))";
    private static final String TIME =
            "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";
    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

    /** Each allows less than its RFC, so that what is written is valid wherever it is checked. */
    private static final Map<String, String> FORMATS =
            Map.of(
                    "date", DATE,
                    "time", TIME,
                    "date-time", "(" + DATE + ")T" + TIME,
                    "uuid", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                    "ipv4", OCTET + "(\\." + OCTET + "){3}",
                    "email", "\\w+([.+-]\\w+)*@" + LABEL + "(\\." + LABEL + ")+",
                    "uri", "https?://" + LABEL + "(\\." + LABEL + ")*(:\\d{1,4})?(/[\\w.~-]*)*");

    private final JsonText json;

    ScalarSchemas(JsonText json) {
        this.json = json;
    }

    void string(JsonNode schema, String path, int from, int to) {
        int min = SchemaKeywords.count(schema, "minLength", 0, path);
        Integer max = null;
        if (schema.has("maxLength")) {
            max = SchemaKeywords.count(schema, "maxLength", 0, path);
        }
        boolean counted = min > 0 || max != null;
        String format = text(schema, "format", path);
        String pattern = text(schema, "pattern", path);
        if (format == null && pattern == null) {
            if (!counted) {
                JsonStrings.any(json.nfa, from, to);
            } else if (max == null || max >= min) {
                JsonStrings.ofLength(json.nfa, from, min, max, to);
            }
            return;
        }
        if (counted || (format != null && pattern != null)) {
            throw new GuideException(
                    path
                            + ": pattern, format and bounds on the length are not supported"
                            + " together; one of them is accepted");
        }
        Regex regex = format != null ? format(format, path) : pattern(pattern, path);
        int inside = json.nfa.state();
        int end = json.nfa.state();
        json.nfa.bytes(from, '"', '"', inside);
        regex.write(json.nfa, inside, CharacterEdges.JSON_STRING, end);
        json.nfa.bytes(end, '"', '"', to);
    }

    private static @Nullable String text(JsonNode schema, String name, String path) {
        JsonNode value = schema.path(name);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isString()) {
            throw SchemaKeywords.wrong(path, name, value, "a string");
        }
        return value.asString();
    }

    private static Regex format(String name, String path) {
        String regex = FORMATS.get(name);
        if (regex == null) {
            throw new GuideException(
                    path
                            + ": format "
                            + name
                            + " is not supported; accepted are "
                            + String.join(", ", new TreeSet<>(FORMATS.keySet())));
        }
        return RegexParser.matching(regex);
    }

    private static Regex pattern(@Nullable String pattern, String path) {
        try {
            return RegexParser.finding(pattern == null ? "" : pattern);
        } catch (GuideException e) {
            throw new GuideException(path + ": pattern: " + e.getMessage());
        }
    }

    void number(JsonNode schema, boolean whole, String path, int from, int to) {
        DecimalRange range = range(schema, path);
        if (range.isEverything()) {
            if (whole) {
                json.integer(from, to);
            } else {
                json.number(from, to);
            }
        } else if (whole) {
            range.integers(json, from, to);
        } else {
            range.decimals(json, GuideLimits.DIGITS, from, to);
        }
    }

    /** Of two bounds on the same side, the tighter counts. */
    private static DecimalRange range(JsonNode schema, String path) {
        BigDecimal low = bound(schema, "minimum", path);
        BigDecimal lowOpen = bound(schema, "exclusiveMinimum", path);
        BigDecimal high = bound(schema, "maximum", path);
        BigDecimal highOpen = bound(schema, "exclusiveMaximum", path);
        boolean openLow = lowOpen != null && (low == null || lowOpen.compareTo(low) >= 0);
        boolean openHigh = highOpen != null && (high == null || highOpen.compareTo(high) <= 0);
        return new DecimalRange(
                openLow ? lowOpen : low, openLow, openHigh ? highOpen : high, openHigh);
    }

    private static @Nullable BigDecimal bound(JsonNode schema, String name, String path) {
        JsonNode value = schema.path(name);
        if (value.isMissingNode()) {
            return null;
        }
        if (value.isNumber()) {
            BigDecimal bound = value.decimalValue().stripTrailingZeros();
            if (bound.scale() <= GuideLimits.DIGITS
                    && bound.precision() - bound.scale() <= GuideLimits.DIGITS) {
                return bound;
            }
        }
        throw SchemaKeywords.wrong(
                path,
                name,
                value,
                "a number of at most "
                        + GuideLimits.DIGITS
                        + " digits before and behind the point");
    }

    /** Types whose values a string or number schema describes. */
    static boolean isScalar(String type) {
        return Set.of("string", "number", "integer").contains(type);
    }
}
