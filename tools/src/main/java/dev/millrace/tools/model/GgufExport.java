package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.gguf.GgmlType;
import dev.millrace.gpustage.gguf.GgufOutput;
import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.gpustage.weights.ElementReader;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes a Hugging Face folder of the Llama family as one GGUF file that llama.cpp runs.
 *
 * <p>Matrices get the type asked for, or F16 where their rows are no whole number of its blocks;
 * norms and biases stay floats, as llama.cpp expects them.
 */
final class GgufExport {
    private final ModelConfig config;
    private final GgufArchitecture architecture;
    private final GgmlType type;

    private GgufExport(ModelConfig config, GgmlType type) {
        this.config = config;
        this.architecture = GgufArchitecture.of(config);
        this.type = type;
    }

    /**
     * @throws ConfigException where the folder holds no model that GGUF has a place for
     */
    static void write(Path folder, GgmlType type, Path file) throws IOException {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        new GgufExport(config, type).writeFrom(folder, file);
    }

    private void writeFrom(Path folder, Path file) throws IOException {
        var output = new GgufOutput();
        output.string("general.architecture", architecture.key())
                .string("general.name", folder.toAbsolutePath().normalize().getFileName() + "")
                .integer("general.file_type", type.fileType())
                .integer("general.quantization_version", 2);
        GgufShape.write(config, architecture, output);
        TokenizerExport.write(folder, config.size("vocab_size"), output);
        try (CheckpointIndex checkpoint = CheckpointIndex.open(folder)) {
            for (CheckpointLayout.Planned tensor : LlamaLayout.of(config).tensors()) {
                add(tensor, checkpoint, output);
            }
            float[] factors = RopeScaling.of(config).llama3Factors(GgufShape.headDim(config));
            if (factors.length > 0) {
                output.add(
                        RopeScaling.FACTORS,
                        GgmlType.F32,
                        (from, chunk, count) ->
                                System.arraycopy(factors, (int) from, chunk, 0, count),
                        factors.length);
            }
            output.write(file);
        }
    }

    private void add(
            CheckpointLayout.Planned tensor, CheckpointIndex checkpoint, GgufOutput output) {
        long[] shape = tensor.shapeArray();
        boolean vector = shape.length == 1;
        int rowLength = vector ? 1 : Math.toIntExact(shape[1]);
        ElementReader elements = checkpoint.elements(tensor.name(), shape);
        if (architecture.rotates(tensor.name())) {
            elements = RotaryRows.toPairs(elements, GgufShape.headDim(config), rowLength);
        }
        output.add(GgufNames.of(tensor.name()), typeOf(vector, rowLength), elements, shape);
    }

    private GgmlType typeOf(boolean vector, int rowLength) {
        if (vector) {
            return GgmlType.F32;
        }
        return rowLength % type.blockElements() == 0 ? type : GgmlType.F16;
    }
}
