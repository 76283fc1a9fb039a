package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's {@code config.json}.
 *
 * <p>Every getter's refusal names the file, the key, the value and what would be accepted.
 *
 * @param file where it was read
 * @param root what it says
 */
record ModelConfig(Path file, ObjectNode root) {
    static final JsonMapper JSON = JsonMapper.shared();

    private static final int MOST = 1 << 24;

    /**
     * @throws ConfigException where {@code file} is missing or holds no JSON object
     */
    static ModelConfig read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ConfigException("config.json", file, "a model's config.json");
        }
        try {
            if (JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode root) {
                return new ModelConfig(file, root);
            }
        } catch (JacksonException e) {
            throw new ConfigException(file + ": not valid JSON: " + e.getOriginalMessage());
        }
        throw new ConfigException(file + ": a JSON object is expected");
    }

    /** The one name in {@code architectures}; empty where there is none or more. */
    String architecture() {
        JsonNode names = root.path("architectures");
        return names.size() == 1 ? names.path(0).asString("") : "";
    }

    boolean has(String key) {
        return !root.path(key).isMissingNode() && !root.path(key).isNull();
    }

    int size(String key) {
        JsonNode value = root.path(key);
        if (!value.isInt() || value.intValue() < 1 || value.intValue() > MOST) {
            throw bad(key, "a whole number from 1 to " + MOST);
        }
        return value.intValue();
    }

    int size(String key, int absent) {
        return has(key) ? size(key) : absent;
    }

    /** A number above 0. */
    double number(String key, double absent) {
        if (!has(key)) {
            return absent;
        }
        JsonNode value = root.path(key);
        if (!value.isNumber() || !(value.doubleValue() > 0)) {
            throw bad(key, "a number above 0");
        }
        return value.doubleValue();
    }

    boolean flag(String key, boolean absent) {
        if (!has(key)) {
            return absent;
        }
        if (!root.path(key).isBoolean()) {
            throw bad(key, "true or false");
        }
        return root.path(key).booleanValue();
    }

    /** Ids of the tokens that begin, end and fill up texts, as far as the vocabulary has them. */
    TreeSet<Integer> specialIds(int vocabularySize) {
        TreeSet<Integer> ids = new TreeSet<>();
        for (String key : List.of("bos_token_id", "eos_token_id", "pad_token_id")) {
            JsonNode value = root.path(key);
            for (JsonNode id : value.isArray() ? value : List.of(value)) {
                if (id.isInt() && id.intValue() >= 0 && id.intValue() < vocabularySize) {
                    ids.add(id.intValue());
                }
            }
        }
        return ids;
    }

    ConfigException bad(String key, String accepted) {
        return new ConfigException(file + ": " + key, root.path(key), accepted);
    }
}
