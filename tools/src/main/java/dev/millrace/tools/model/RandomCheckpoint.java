package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.weights.SafetensorsOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model folder that can be served, with random weights.
 *
 * <p>The same seed gives the same bytes, and each tensor draws from a generator of its own.
 */
final class RandomCheckpoint {
    private static final float DEVIATION = 0.02f;

    private final ModelConfig config;
    private final CheckpointLayout layout;
    private final WeightType type;

    /**
     * @param type null takes what the configuration says, or float32
     */
    RandomCheckpoint(ModelConfig config, @Nullable WeightType type) {
        this.config = config;
        this.layout = CheckpointLayout.of(config);
        this.type = type == null ? declared(config) : type;
    }

    private static WeightType declared(ModelConfig config) {
        String name = config.root().path(typeKey(config)).asString("");
        return Arrays.stream(WeightType.values())
                .filter(type -> type.toString().equals(name))
                .findFirst()
                .orElse(WeightType.FLOAT32);
    }

    private static String typeKey(ModelConfig config) {
        return config.has("dtype") ? "dtype" : "torch_dtype";
    }

    WeightType type() {
        return type;
    }

    long parameters() {
        return layout.parameters();
    }

    /**
     * Writes the folder; the weights last, so that a folder which has them is whole.
     *
     * @throws ConfigException where {@code folder} exists and is not an empty folder
     */
    void write(Path folder, long seed) throws IOException {
        refuseOccupied(folder);
        int vocabulary = config.size("vocab_size");
        ObjectNode copy = config.root().deepCopy().put(typeKey(config), type.toString());
        Files.createDirectories(folder);
        writeJson(folder.resolve("config.json"), copy);
        writeJson(folder.resolve("generation_config.json"), generation());
        Files.writeString(
                folder.resolve("tokenizer.json"),
                RandomTokenizer.json(vocabulary, config.specialIds(vocabulary)));
        SafetensorsOutput output = new SafetensorsOutput();
        SplittableRandom seeds = new SplittableRandom(seed);
        for (CheckpointLayout.Planned tensor : layout.tensors()) {
            output.add(
                    tensor.name(),
                    type.datatype(),
                    elements(tensor.fill(), seeds.split()),
                    tensor.shapeArray());
        }
        output.write(folder.resolve("model.safetensors"));
    }

    private static void refuseOccupied(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                if (entries.findAny().isEmpty()) {
                    return;
                }
            }
        }
        throw new ConfigException("--out", folder, "a folder that is empty or not there");
    }

    private ObjectNode generation() {
        ObjectNode generation = ModelConfig.JSON.createObjectNode();
        for (String key : new String[] {"bos_token_id", "eos_token_id", "pad_token_id"}) {
            JsonNode value = config.root().path(key);
            if (config.has(key)) {
                generation.set(key, value);
            }
        }
        return generation;
    }

    private static void writeJson(Path file, JsonNode json) throws IOException {
        Files.writeString(file, json.toPrettyString() + "\n");
    }

    private static SafetensorsOutput.Elements elements(
            CheckpointLayout.Fill fill, SplittableRandom random) {
        return switch (fill) {
            case ONES -> (chunk, count) -> Arrays.fill(chunk, 0, count, 1f);
            case ZEROS -> (chunk, count) -> Arrays.fill(chunk, 0, count, 0f);
            case NORMAL ->
                    (chunk, count) -> {
                        for (int i = 0; i < count; i++) {
                            chunk[i] = DEVIATION * (float) random.nextGaussian();
                        }
                    };
        };
    }
}
