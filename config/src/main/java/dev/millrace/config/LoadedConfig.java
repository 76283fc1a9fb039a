package dev.millrace.config;

import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * A checked configuration that knows where each value came from.
 *
 * @param sources by key, for every value that is not a default
 */
public record LoadedConfig(ServerConfig config, Map<String, String> sources) {
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
        SortedMap<String, String> lines = Settings.of(config);
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

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
