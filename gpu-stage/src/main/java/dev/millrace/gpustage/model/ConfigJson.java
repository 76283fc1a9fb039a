package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON file of a model folder, read with checks.
 *
 * <p>Every getter's refusal names the file, the key, the value and what would be accepted.
 */
final class ConfigJson {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final Path file;
    private final JsonNode root;
    private final String prefix;

    private ConfigJson(Path file, JsonNode root, String prefix) {
        this.file = file;
        this.root = root;
        this.prefix = prefix;
    }

    static ConfigJson read(Path file) {
        JsonNode root;
        try {
            root = JSON.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new ModelLoadException(file + ": no such file", e);
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new ModelLoadException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!root.isObject()) {
            throw new ModelLoadException(file + ": a JSON object is expected");
        }
        return new ConfigJson(file, root, "");
    }

    /** The object under {@code key}; refusals name its keys as {@code key.inner}. */
    ConfigJson object(String key) {
        if (!root.path(key).isObject()) {
            throw bad(key, "a JSON object is expected");
        }
        return new ConfigJson(file, root.path(key), prefix + key + ".");
    }

    boolean has(String key) {
        return !root.path(key).isMissingNode() && !root.path(key).isNull();
    }

    int integer(String key, int least, int most) {
        JsonNode value = root.path(key);
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.asInt() < least
                || value.asInt() > most) {
            throw bad(key, "a whole number from " + least + " to " + most + " is expected");
        }
        return value.asInt();
    }

    int integer(String key, int least, int most, int absent) {
        return has(key) ? integer(key, least, most) : absent;
    }

    double number(String key, double least, double most, double absent) {
        return has(key) ? number(key, least, most) : absent;
    }

    double number(String key, double least, double most) {
        JsonNode value = root.path(key);
        if (!value.isNumber() || !(value.asDouble() >= least && value.asDouble() <= most)) {
            throw bad(key, "a number from " + least + " to " + most + " is expected");
        }
        return value.asDouble();
    }

    boolean flag(String key, boolean absent) {
        if (!has(key)) {
            return absent;
        }
        if (!root.path(key).isBoolean()) {
            throw bad(key, "true or false is expected");
        }
        return root.path(key).asBoolean();
    }

    String oneOf(String key, String absent, Set<String> accepted) {
        if (!has(key)) {
            return absent;
        }
        JsonNode value = root.path(key);
        if (!value.isString() || !accepted.contains(value.asString())) {
            throw bad(key, "one of " + accepted.stream().sorted().toList() + " is expected");
        }
        return value.asString();
    }

    /** The strings of a list, or of a single string. */
    List<String> strings(String key) {
        List<String> strings = new ArrayList<>();
        JsonNode value = root.path(key);
        if (value.isString()) {
            strings.add(value.asString());
        } else {
            value.forEach(item -> strings.add(item.isString() ? item.asString() : item.toString()));
        }
        return strings;
    }

    JsonNode node(String key) {
        return root.path(key);
    }

    ModelLoadException bad(String key, String accepted) {
        JsonNode value = root.path(key);
        String shown = value.isMissingNode() ? "is missing" : "is " + value;
        return new ModelLoadException(file + ": " + prefix + key + " " + shown + "; " + accepted);
    }
}
