package dev.millrace.tools.bench;

import dev.millrace.config.ModelsConfig;
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
     * @param dtype how the engine holds matrices; vectors are fp32 always
     */
    static long bytes(Path folder, ModelsConfig.Dtype dtype) {
        try (CheckpointIndex checkpoint = CheckpointIndex.open(folder)) {
            boolean untied = checkpoint.contains("lm_head.weight");
            return checkpoint.tensors().stream()
                    .filter(tensor -> !isOneOf(POSITIONS, tensor))
                    .filter(tensor -> !(untied && isOneOf(TOKENS, tensor)))
                    .mapToLong(tensor -> weights(tensor) * bytesOfEach(tensor, dtype))
                    .sum();
        }
    }

    private static long weights(StoredTensor tensor) {
        return tensor.bytes() / tensor.dtype().bytes();
    }

    private static int bytesOfEach(StoredTensor tensor, ModelsConfig.Dtype dtype) {
        if (tensor.shape().size() != 2) {
            return Float.BYTES;
        }
        return switch (dtype) {
            case INT8 -> Byte.BYTES;
            case FLOAT16, BFLOAT16 -> Short.BYTES;
            case FLOAT32, AUTO -> Float.BYTES;
        };
    }

    private static boolean isOneOf(List<String> names, StoredTensor tensor) {
        return names.stream().anyMatch(tensor.name()::endsWith);
    }
}
