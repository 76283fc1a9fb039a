package dev.millrace.tools.bench;

import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.gpustage.weights.StoredTensor;
import java.nio.file.Path;
import java.util.List;

/** How many bytes of weights one step of a text model reads. */
final class StepWeights {
    /** {@link dev.millrace.gpustage.model.StepModel} computes in fp32, whatever the file holds. */
    private static final int ENGINE_BYTES_PER_WEIGHT = Float.BYTES;

    /** Tables of which a step reads a few rows. */
    private static final List<String> POSITIONS = List.of("wpe.weight");

    private static final List<String> TOKENS = List.of("embed_tokens.weight", "wte.weight");

    private StepWeights() {}

    /**
     * Bytes of all weights but the tables that a step looks rows up in: positions, and token
     * embeddings where they are not the output head as well.
     */
    static long bytes(Path folder) {
        try (CheckpointIndex checkpoint = CheckpointIndex.open(folder)) {
            boolean untied = checkpoint.contains("lm_head.weight");
            return checkpoint.tensors().stream()
                            .filter(tensor -> !isOneOf(POSITIONS, tensor))
                            .filter(tensor -> !(untied && isOneOf(TOKENS, tensor)))
                            .mapToLong(tensor -> tensor.bytes() / tensor.dtype().bytes())
                            .sum()
                    * ENGINE_BYTES_PER_WEIGHT;
        }
    }

    private static boolean isOneOf(List<String> names, StoredTensor tensor) {
        return names.stream().anyMatch(tensor.name()::endsWith);
    }
}
