package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.gguf.GgmlType;
import dev.millrace.gpustage.gguf.GgufFile;
import dev.millrace.gpustage.gguf.GgufTensor;
import dev.millrace.gpustage.weights.ElementReader;
import dev.millrace.gpustage.weights.SafetensorsOutput;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a GGUF file of the Llama family as a Hugging Face folder that can be served.
 *
 * <p>F32, F16 and BF16 stay what they are; Q8_0 and Q4_0 become a type that LibTorch computes with.
 * A tensor that the model has no place for is refused: without it, it would be another model.
 */
final class GgufImport {
    private static final float MOST_F16 = 65504;

    private final GgufFile file;
    private final Datatype dequantised;

    private GgufImport(GgufFile file, Datatype dequantised) {
        this.file = file;
        this.dequantised = dequantised;
    }

    /**
     * @param dequantised what Q8_0 and Q4_0 become
     * @param folder appears when it is whole
     * @throws ModelLoadException where the file is damaged or holds no model of the family
     */
    static void write(Path gguf, Datatype dequantised, Path folder) throws IOException {
        try (GgufFile file = GgufFile.open(gguf)) {
            new GgufImport(file, dequantised).writeTo(folder);
        }
    }

    private static void deleteIfExists(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    private void writeTo(Path folder) throws IOException {
        ObjectNode json = ImportedConfig.of(file);
        var config = new ModelConfig(file.path(), json);
        CheckpointLayout layout = LlamaLayout.of(config);
        refuseStrangers(layout);
        SafetensorsOutput output = new SafetensorsOutput();
        layout.tensors().forEach(planned -> add(planned, config, output));
        var tokenizer = new TokenizerImport(file.metadata(), config.size("vocab_size"));
        ObjectNode tokenizerJson = tokenizer.json();
        json.put("torch_dtype", typeName(datatype(require("token_embd.weight"))));
        tokenizer.putIds(json);
        Path part = folder.resolveSibling(folder.getFileName() + ".part");
        Files.createDirectory(part);
        try {
            writeJson(part.resolve("config.json"), json);
            writeJson(part.resolve("generation_config.json"), tokenizer.generationConfig());
            writeJson(part.resolve("tokenizer.json"), tokenizerJson);
            writeJson(
                    part.resolve("tokenizer_config.json"),
                    tokenizer.config(config.size("max_position_embeddings")));
            output.write(part.resolve("model.safetensors"));
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            deleteIfExists(part);
        }
    }

    private void refuseStrangers(CheckpointLayout layout) {
        Set<String> strangers = new TreeSet<>(file.tensors().keySet());
        layout.tensors().forEach(planned -> strangers.remove(GgufNames.of(planned.name())));
        strangers.remove(RopeScaling.FACTORS);
        if (!strangers.isEmpty()) {
            throw new ModelLoadException(
                    file.path()
                            + ": holds "
                            + strangers.size()
                            + " tensors that "
                            + file.metadata().string("general.architecture")
                            + " has no place for: "
                            + strangers.stream().limit(3).collect(Collectors.joining(", ")));
        }
    }

    private void add(
            CheckpointLayout.Planned planned, ModelConfig config, SafetensorsOutput output) {
        GgufTensor tensor = require(GgufNames.of(planned.name()));
        if (!tensor.shape().equals(planned.shape())) {
            throw new ModelLoadException(
                    file.path()
                            + ": tensor "
                            + tensor.name()
                            + " has shape "
                            + tensor.shape()
                            + "; the metadata ask for "
                            + planned.shape());
        }
        ElementReader elements = file.elements(tensor);
        if (GgufArchitecture.of(config).rotates(planned.name())) {
            int rowLength =
                    planned.shape().size() == 1 ? 1 : Math.toIntExact(planned.shape().getLast());
            elements = RotaryRows.toHalves(elements, GgufShape.headDim(config), rowLength);
        }
        Datatype type = datatype(tensor);
        output.add(planned.name(), type, inOrder(tensor, elements, type), planned.shapeArray());
    }

    private GgufTensor require(String name) {
        GgufTensor tensor = file.find(name);
        if (tensor == null) {
            throw new ModelLoadException(file.path() + ": tensor " + name + " is missing");
        }
        return tensor;
    }

    private Datatype datatype(GgufTensor tensor) {
        return switch (tensor.type()) {
            case F32 -> Datatype.FP32;
            case F16 -> Datatype.FP16;
            case BF16 -> Datatype.BF16;
            case Q8_0, Q4_0 -> dequantised;
        };
    }

    private SafetensorsOutput.Elements inOrder(
            GgufTensor tensor, ElementReader elements, Datatype type) {
        boolean narrowed = tensor.type() != GgmlType.F16 && type == Datatype.FP16;
        long[] next = {0};
        return (chunk, count) -> {
            elements.read(next[0], chunk, count);
            next[0] += count;
            if (narrowed) {
                refuseTooLarge(tensor, chunk, count);
            }
        };
    }

    private void refuseTooLarge(GgufTensor tensor, float[] chunk, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            if (Math.abs(chunk[i]) > MOST_F16) {
                throw new IOException(
                        file.path()
                                + ": tensor "
                                + tensor.name()
                                + " holds "
                                + chunk[i]
                                + "; f16 holds numbers up to 65504, --type bf16 or f32 more");
            }
        }
    }

    private static String typeName(Datatype type) {
        return switch (type) {
            case FP32 -> "float32";
            case FP16 -> "float16";
            default -> "bfloat16";
        };
    }

    private static void writeJson(Path path, JsonNode json) throws IOException {
        Files.writeString(path, json.toPrettyString() + "\n");
    }

    /** What {@code --type} may say here. */
    static Datatype dequantised(GgmlType type) {
        return switch (type) {
            case F32 -> Datatype.FP32;
            case F16 -> Datatype.FP16;
            case BF16 -> Datatype.BF16;
            case Q8_0, Q4_0 -> throw new ConfigException("--type", type, "f16, bf16 or f32 here");
        };
    }
}
