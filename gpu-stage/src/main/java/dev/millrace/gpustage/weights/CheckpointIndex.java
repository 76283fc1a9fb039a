package dev.millrace.gpustage.weights;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which file of a checkpoint holds which tensor: one {@code model.safetensors}, or the shards that
 * {@code model.safetensors.index.json} names.
 *
 * <p>Opened by the loading thread; it must stay open as long as any tensor of it.
 */
public final class CheckpointIndex implements AutoCloseable {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path folder;
    private final Map<String, SafetensorsFile> fileOfTensor = new LinkedHashMap<>();
    private final Map<String, SafetensorsFile> files = new HashMap<>();

    private CheckpointIndex(Path folder) {
        this.folder = folder;
    }

    /** Opens the checkpoint in {@code folder}. */
    public static CheckpointIndex open(Path folder) {
        CheckpointIndex index = new CheckpointIndex(folder);
        try {
            if (Files.exists(folder.resolve(INDEX))) {
                index.openShards(folder.resolve(INDEX));
            } else {
                SafetensorsFile file = index.file(SINGLE);
                file.tensors().keySet().forEach(name -> index.fileOfTensor.put(name, file));
            }
            return index;
        } catch (RuntimeException e) {
            index.close();
            throw e;
        }
    }

    private void openShards(Path indexFile) {
        JsonNode map;
        try {
            map = new JsonMapper().readTree(Files.readAllBytes(indexFile)).path("weight_map");
        } catch (IOException e) {
            throw new ModelLoadException(indexFile + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new ModelLoadException(
                    indexFile + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (!map.isObject()) {
            throw new ModelLoadException(
                    indexFile + ": weight_map is missing; a map of tensor to file is expected");
        }
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String shard = entry.getValue().isString() ? entry.getValue().asString() : "";
            if (shard.isEmpty()
                    || shard.contains("/")
                    || shard.contains("\\")
                    || shard.startsWith(".")) {
                throw new ModelLoadException(
                        indexFile
                                + ": weight_map puts "
                                + entry.getKey()
                                + " into "
                                + entry.getValue()
                                + "; the name of a file in the same folder is expected");
            }
            SafetensorsFile file = file(shard);
            if (file.find(entry.getKey()) == null) {
                throw new ModelLoadException(
                        indexFile
                                + ": weight_map puts "
                                + entry.getKey()
                                + " into "
                                + shard
                                + ", which does not hold it");
            }
            fileOfTensor.put(entry.getKey(), file);
        }
    }

    private SafetensorsFile file(String name) {
        return files.computeIfAbsent(name, key -> SafetensorsFile.open(folder.resolve(key)));
    }

    /** What the files say about every tensor, in their order. */
    public List<StoredTensor> tensors() {
        return fileOfTensor.entrySet().stream()
                .map(entry -> entry.getValue().find(entry.getKey()))
                .filter(Objects::nonNull)
                .toList();
    }

    /** The folder that it was opened from. */
    public Path folder() {
        return folder;
    }

    /** Whether the checkpoint holds a tensor of that name. */
    public boolean contains(String name) {
        return fileOfTensor.containsKey(name);
    }

    /**
     * The tensor {@code name} as 32-bit floats: a view of the mapping where the file holds floats,
     * a converted copy where it holds halves. It belongs to the scope that is open.
     *
     * @throws ModelLoadException if it is missing, of another shape, or not of a floating type
     */
    public Tensor floats(String name, long... shape) {
        StoredTensor stored = stored(name, shape);
        SafetensorsFile file = Objects.requireNonNull(fileOfTensor.get(name));
        return switch (stored.dtype()) {
            case FP32 -> file.tensor(stored);
            case FP16, BF16, FP64 -> NativeTensors.toFloat(file.tensor(stored));
            default ->
                    throw new ModelLoadException(
                            file.path()
                                    + ": tensor "
                                    + name
                                    + " has dtype "
                                    + stored.dtype().name()
                                    + "; F32, F16, BF16 or F64 is expected");
        };
    }

    /**
     * Reads the elements of tensor {@code name} as floats, in plain Java.
     *
     * @throws ModelLoadException if it is missing, of another shape, or not of a floating type
     */
    public ElementReader elements(String name, long... shape) {
        StoredTensor stored = stored(name, shape);
        return Objects.requireNonNull(fileOfTensor.get(name)).elements(stored);
    }

    private StoredTensor stored(String name, long... shape) {
        SafetensorsFile file = fileOfTensor.get(name);
        StoredTensor stored = file == null ? null : file.find(name);
        if (file == null || stored == null) {
            throw new ModelLoadException(
                    folder + ": tensor " + name + " is missing from the checkpoint");
        }
        if (!stored.hasShape(shape)) {
            throw new ModelLoadException(
                    file.path()
                            + ": tensor "
                            + name
                            + " has shape "
                            + stored.shape()
                            + "; config.json asks for "
                            + Arrays.toString(shape));
        }
        return stored;
    }

    /** Unmaps all files; no tensor of them may be used afterwards. */
    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
        files.clear();
    }
}
