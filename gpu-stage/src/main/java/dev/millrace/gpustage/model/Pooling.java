package dev.millrace.gpustage.model;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How token vectors become one embedding, by the files that sentence-transformers writes.
 *
 * @param clsToken the first token's vector; otherwise the mean of all tokens that are not padding
 * @param normalize whether embeddings get length 1
 */
public record Pooling(boolean clsToken, boolean normalize) {
    /**
     * Reads {@code modules.json} and {@code 1_Pooling/config.json}; without them, the mean,
     * normalised.
     */
    public static Pooling read(Path folder) {
        boolean normalize = true;
        Path poolingFile = folder.resolve("1_Pooling").resolve("config.json");
        Path modulesFile = folder.resolve("modules.json");
        if (Files.exists(modulesFile)) {
            normalize = false;
            for (JsonNode module : modules(modulesFile)) {
                String type = module.path("type").asString("");
                String name = type.substring(type.lastIndexOf('.') + 1);
                switch (name) {
                    case "Transformer" -> {}
                    case "Pooling" ->
                            poolingFile =
                                    inside(folder, modulesFile, module).resolve("config.json");
                    case "Normalize" -> normalize = true;
                    default ->
                            throw new ModelLoadException(
                                    modulesFile
                                            + ": module type is "
                                            + type
                                            + "; Transformer, Pooling and Normalize are served");
                }
            }
        }
        return Files.exists(poolingFile)
                ? new Pooling(clsToken(poolingFile), normalize)
                : new Pooling(false, normalize);
    }

    private static boolean clsToken(Path file) {
        ConfigJson config = ConfigJson.read(file);
        boolean cls = config.flag("pooling_mode_cls_token", false);
        boolean mean = config.flag("pooling_mode_mean_tokens", false);
        String[] others = {
            "pooling_mode_max_tokens",
            "pooling_mode_mean_sqrt_len_tokens",
            "pooling_mode_weightedmean_tokens",
            "pooling_mode_lasttoken"
        };
        for (String key : others) {
            if (config.flag(key, false)) {
                throw config.bad(key, "mean or cls pooling is served");
            }
        }
        if (cls == mean) {
            throw config.bad(
                    "pooling_mode_cls_token", "exactly one of cls and mean pooling is expected");
        }
        return cls;
    }

    private static JsonNode modules(Path file) {
        JsonNode modules;
        try {
            modules = new JsonMapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new ModelLoadException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!modules.isArray()) {
            throw new ModelLoadException(file + ": a list of modules is expected");
        }
        return modules;
    }

    private static Path inside(Path folder, Path modulesFile, JsonNode module) {
        String path = module.path("path").asString("");
        Path resolved = folder.resolve(path).normalize();
        if (!resolved.startsWith(folder.normalize())) {
            throw new ModelLoadException(
                    modulesFile + ": path is " + path + "; a folder inside the model is expected");
        }
        return resolved;
    }
}
