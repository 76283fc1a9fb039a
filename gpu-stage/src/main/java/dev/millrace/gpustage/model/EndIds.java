package dev.millrace.gpustage.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.agrona.collections.IntHashSet;
import tools.jackson.databind.JsonNode;

/** The tokens with which a text model itself ends a text. */
public final class EndIds {
    private EndIds() {}

    /**
     * {@code eos_token_id} of {@code generation_config.json}, or of {@code config.json} where the
     * former has none; and {@code bos_token_id}, because a model that begins a new text has ended
     * this one (llama2.c's models never end otherwise).
     */
    public static IntHashSet read(Path folder) {
        IntHashSet ids = new IntHashSet();
        ConfigJson config = ConfigJson.read(folder.resolve("config.json"));
        Path generationFile = folder.resolve("generation_config.json");
        boolean said = false;
        if (Files.exists(generationFile)) {
            ConfigJson generation = ConfigJson.read(generationFile);
            said = generation.has("eos_token_id");
            add(generation, "eos_token_id", ids);
        }
        if (!said) {
            add(config, "eos_token_id", ids);
        }
        add(config, "bos_token_id", ids);
        return ids;
    }

    private static void add(ConfigJson config, String key, IntHashSet ids) {
        if (!config.has(key)) {
            return;
        }
        JsonNode value = config.node(key);
        Iterable<JsonNode> items = value.isArray() ? value : List.of(value);
        for (JsonNode item : items) {
            if (!item.isIntegralNumber() || !item.canConvertToInt() || item.asInt() < 0) {
                throw config.bad(key, "a token id or a list of them is expected");
            }
            ids.add(item.asInt());
        }
    }
}
