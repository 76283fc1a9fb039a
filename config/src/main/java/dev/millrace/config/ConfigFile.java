package dev.millrace.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * A YAML file as flat keys, each with the line it stands on. Nested mappings and dotted keys mean
 * the same: {@code http: {port: 1}} and {@code http.port: 1}.
 */
final class ConfigFile {
    private static final YAMLFactory YAML =
            YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final String name;
    private final Map<String, ConfigValue> values = new LinkedHashMap<>();

    private ConfigFile(String name) {
        this.name = name;
    }

    /** Every key in the file, known or not. */
    static Map<String, ConfigValue> read(Path path) {
        try {
            return parse(path.toString(), Files.readString(path));
        } catch (IOException e) {
            throw new ConfigException(
                    "configuration file '" + path + "' cannot be read: " + e + "; expected YAML");
        }
    }

    /**
     * Every key in a text, known or not.
     *
     * @param name stands for the file in sources and messages
     */
    static Map<String, ConfigValue> parse(String name, String text) {
        var file = new ConfigFile(name);
        try {
            file.parse(text);
        } catch (JacksonException e) {
            throw new ConfigException(
                    file.at(e.getLocation())
                            + " is not YAML: "
                            + firstLine(e.getOriginalMessage()));
        }
        return file.values;
    }

    private void parse(String text) {
        try (JsonParser parser = YAML.createParser(ObjectReadContext.empty(), text)) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_OBJECT) {
                mapping("", parser);
                token = parser.nextToken();
            } else if (token == JsonToken.VALUE_NULL) {
                token = parser.nextToken();
            }
            if (token != null) {
                throw new ConfigException(
                        at(parser.currentTokenLocation())
                                + ": expected one mapping of keys, as in 'http.port: 8080'");
            }
        }
    }

    private void mapping(String prefix, JsonParser parser) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = prefix + parser.currentName();
            String source = at(parser.currentTokenLocation());
            switch (parser.nextToken()) {
                case START_OBJECT -> mapping(key + ".", parser);
                case START_ARRAY -> put(key, new ConfigValue(list(key, parser), true, source));
                case VALUE_NULL -> put(key, new ConfigValue(List.of(), false, source));
                default -> put(key, ConfigValue.scalar(parser.getString(), source));
            }
        }
    }

    private List<String> list(String key, JsonParser parser) {
        var items = new ArrayList<String>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (!parser.currentToken().isScalarValue()) {
                throw new ConfigException(key, "…", "a list of plain values")
                        .from(at(parser.currentTokenLocation()));
            }
            items.add(parser.getString());
        }
        return items;
    }

    private void put(String key, ConfigValue value) {
        ConfigValue before = values.put(key, value);
        if (before != null) {
            throw new ConfigException(
                    key + ": given twice, at " + before.source() + " and " + value.source());
        }
    }

    private String at(TokenStreamLocation location) {
        return name + ":" + location.getLineNr();
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse(message);
    }
}
