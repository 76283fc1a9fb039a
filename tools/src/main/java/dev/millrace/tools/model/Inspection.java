package dev.millrace.tools.model;

import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.gpustage.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a Hugging Face folder holds, from its {@code config.json} and the headers of its weights.
 *
 * @param architecture as in {@code config.json}
 * @param parameters elements of all tensors
 * @param bytes of all tensors
 * @param dtypes elements by type
 * @param tensors by name, layers taken together
 */
record Inspection(
        String architecture,
        long parameters,
        long bytes,
        Map<String, Long> dtypes,
        List<Group> tensors) {
    /**
     * Tensors whose names differ only in numbers and that are alike.
     *
     * @param name with a star for each number
     * @param dtype of each
     * @param shape of each
     * @param count how many
     */
    record Group(String name, String dtype, List<Long> shape, int count) {
        long parameters() {
            return count * shape.stream().reduce(1L, (a, b) -> a * b);
        }
    }

    /**
     * @throws dev.millrace.gpustage.ModelLoadException where the weights are missing or damaged
     */
    static Inspection of(Path folder) throws IOException {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        try (CheckpointIndex checkpoint = CheckpointIndex.open(folder)) {
            Map<String, Long> dtypes = new TreeMap<>();
            Map<Group, Integer> counts = new LinkedHashMap<>();
            long bytes = 0;
            for (StoredTensor tensor : checkpoint.tensors()) {
                bytes += tensor.bytes();
                String dtype = tensor.dtype().name();
                dtypes.merge(dtype, tensor.bytes() / tensor.dtype().bytes(), Long::sum);
                String name = tensor.name().replaceAll("(?<=\\.)\\d+(?=\\.)", "*");
                counts.merge(new Group(name, dtype, tensor.shape(), 1), 1, Integer::sum);
            }
            List<Group> groups = new ArrayList<>();
            counts.forEach((group, count) ->
                    groups.add(new Group(group.name, group.dtype, group.shape, count)));
            return new Inspection(
                    config.architecture(),
                    dtypes.values().stream().mapToLong(Long::longValue).sum(),
                    bytes,
                    dtypes,
                    groups);
        }
    }
}
