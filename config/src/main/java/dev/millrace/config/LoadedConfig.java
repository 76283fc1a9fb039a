package dev.millrace.config;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A checked configuration that knows where each value came from.
 *
 * @param sources by key, for every value that is not a default
 */
public record LoadedConfig(ServerConfig config, Map<String, String> sources) {
    private static final String PLAIN = "[A-Za-z0-9_./][A-Za-z0-9_./:\\-]*";

    public LoadedConfig {
        sources = Map.copyOf(sources);
    }

    /** Where a key's value came from; {@code default} where nobody gave one. */
    public String source(String key) {
        return sources.getOrDefault(key, "default");
    }

    /**
     * Every key, sorted, one a line: {@code http.port: 8080 # default}. The text is itself a
     * configuration file that gives the same configuration.
     */
    public String print() {
        var lines = new TreeMap<String, String>();
        collect("", config, lines);
        int width =
                lines.entrySet().stream()
                        .mapToInt(line -> line.getKey().length() + line.getValue().length() + 2)
                        .max()
                        .orElse(0);
        return lines.entrySet().stream()
                .map(line ->
                        pad(line.getKey() + ": " + line.getValue(), width)
                                + "  # "
                                + source(line.getKey())
                                + "\n")
                .collect(Collectors.joining());
    }

    private static void collect(String prefix, Record record, Map<String, String> lines) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            String name = prefix + ConfigKey.dashed(component.getName());
            Object value = Reflected.get(component, record);
            if (value instanceof Record nested) {
                collect(name + ".", nested, lines);
            } else {
                lines.put(name, yaml(value));
            }
        }
    }

    private static String yaml(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Enum<?> constant -> Check.dashed(constant);
            case Collection<?> list -> list.toString();
            case String text when !text.matches(PLAIN) || text.equals("null") -> quoted(text);
            default -> value.toString();
        };
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
