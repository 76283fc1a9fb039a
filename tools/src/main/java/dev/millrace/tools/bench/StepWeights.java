package dev.millrace.tools.bench;

import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.gpustage.weights.StoredTensor;
import java.nio.file.Path;
import java.util.List;

/** How many bytes of weights one step of a text model reads. */
final class StepWeights {
    /** Tables of which a step reads a few rows. */
    private static final List<String> POSITIONS = List.of("wpe.weight");

    private static final List<String> TOKENS = List.of("embed_tokens.weight", "wte.weight");

    private StepWeights() {}

    /**
     * Bytes of all weights but the tables that a step looks rows up in: positions, and token
     * embeddings where they are not the output head as well.
     *
     * @param weights how the engine holds matrices, as {@code LoadedModel} says; vectors are fp32
     *     always
     */
    static long bytes(Path folder, String weights) {
        int matrixBytes = bytesOfEach(weights);
        try (CheckpointIndex checkpoint = CheckpointIndex.open(folder)) {
            boolean untied = checkpoint.contains("lm_head.weight");
            return checkpoint.tensors().stream()
                    .filter(tensor -> !isOneOf(POSITIONS, tensor))
                    .filter(tensor -> !(untied && isOneOf(TOKENS, tensor)))
                    .mapToLong(tensor -> bytes(tensor, matrixBytes))
                    .sum();
        }
    }

    private static long bytes(StoredTensor tensor, int matrixBytes) {
        long weights = tensor.bytes() / tensor.dtype().bytes();
        return weights * (tensor.shape().size() == 2 ? matrixBytes : Float.BYTES);
    }

    private static int bytesOfEach(String weights) {
        return switch (weights.replace("plain-", "")) {
            case "float32" -> Float.BYTES;
            case "float16", "bfloat16" -> Short.BYTES;
            // A scale for each row is not worth counting.
            case "int8" -> Byte.BYTES;
            default -> throw new IllegalStateException("weights of unknown size: " + weights);
        };
    }

    private static boolean isOneOf(List<String> names, StoredTensor tensor) {
        return names.stream().anyMatch(tensor.name()::endsWith);
    }
}
