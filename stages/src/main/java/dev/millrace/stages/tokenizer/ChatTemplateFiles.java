package dev.millrace.stages.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Finds a folder's chat template where Hugging Face puts it: {@code chat_template.jinja}, else
 * {@code chat_template} in tokenizer_config.json, which is one template or a list of named ones.
 */
final class ChatTemplateFiles {
    private static final String CONFIG = "tokenizer_config.json";
    private static final String FILE = "chat_template.jinja";
    private static final String DEFAULT_NAME = "default";

    private ChatTemplateFiles() {}

    static @Nullable ChatTemplate load(Path folder) {
        Path configFile = folder.resolve(CONFIG);
        JsonNode config =
                Files.exists(configFile)
                        ? TextModelLoader.parse(configFile, TextModelLoader.read(configFile))
                        : null;
        Path file = folder.resolve(FILE);
        String source =
                Files.exists(file)
                        ? TextModelLoader.read(file)
                        : config == null ? null : source(config.path("chat_template"));
        if (source == null || source.isBlank()) {
            return null;
        }
        return new JinjavaChatTemplate(
                source, token(config, "bos_token"), token(config, "eos_token"));
    }

    private static @Nullable String source(JsonNode template) {
        if (template.isString()) {
            return template.asString();
        }
        String first = null;
        for (JsonNode named : template) {
            String source = named.path("template").asString("");
            if (named.path("name").asString("").equals(DEFAULT_NAME)) {
                return source;
            }
            first = first == null ? source : first;
        }
        return first;
    }

    /** A token's text: a string, or an object with {@code content}. */
    private static String token(@Nullable JsonNode config, String name) {
        JsonNode token = config == null ? null : config.path(name);
        if (token == null) {
            return "";
        }
        return token.isString() ? token.asString() : token.path("content").asString("");
    }
}
