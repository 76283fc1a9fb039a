package dev.millrace.gpustage.declaration;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Reads Millrace's own declaration.
 *
 * <pre>
 * inputs:
 *   - { name: pixels, datatype: FP32, shape: [-1, 784] }
 * outputs:
 *   - { name: logits, datatype: FP32, shape: [-1, 10] }
 * batch: { max-rows: 32, max-delay-micros: 500, preferred-rows: [8, 16] }
 * </pre>
 *
 * <p>Shapes are those of requests, batch dimension included. {@code batch} says that the first
 * dimension counts rows that may be joined; without it, requests are executed one by one.
 */
final class ModelYaml {
    private final Path file;

    private ModelYaml(Path file) {
        this.file = file;
    }

    static ModelDeclaration read(Path file) {
        JsonNode root;
        try {
            root = new YAMLMapper().readTree(Files.readString(file));
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new ModelLoadException(
                    file
                            + ": not valid YAML: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
        return new ModelYaml(file).declaration(root);
    }

    private ModelDeclaration declaration(JsonNode root) {
        onlyKeys(root, "the file", Set.of("inputs", "outputs", "batch"));
        List<DeclaredTensor> inputs = tensors(root, "inputs");
        List<DeclaredTensor> outputs = tensors(root, "outputs");
        JsonNode batch = root.path("batch");
        int maxRows = 0;
        long delay = -1;
        List<Integer> preferred = new ArrayList<>();
        if (!batch.isMissingNode()) {
            onlyKeys(batch, "batch", Set.of("max-rows", "max-delay-micros", "preferred-rows"));
            maxRows = (int) number(batch.path("max-rows"), "batch.max-rows", 1, 65_536);
            if (batch.has("max-delay-micros")) {
                delay =
                        number(
                                batch.path("max-delay-micros"),
                                "batch.max-delay-micros",
                                0,
                                10_000_000);
            }
            for (JsonNode rows : batch.path("preferred-rows")) {
                preferred.add((int) number(rows, "batch.preferred-rows", 1, maxRows));
            }
            inputs.forEach(this::checkBatchDimension);
            outputs.forEach(this::checkBatchDimension);
        }
        return new ModelDeclaration(
                file, inputs, outputs, maxRows, delay, preferred.stream().sorted().toList());
    }

    private void checkBatchDimension(DeclaredTensor tensor) {
        if (tensor.shape().isEmpty() || tensor.shape().getFirst() != -1) {
            throw new ModelLoadException(
                    file
                            + ": shape of "
                            + tensor.name()
                            + " is "
                            + tensor.shape()
                            + "; with a batch section the first length is -1");
        }
    }

    private List<DeclaredTensor> tensors(JsonNode root, String key) {
        List<DeclaredTensor> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode node : root.path(key)) {
            onlyKeys(node, key, Set.of("name", "datatype", "shape"));
            String name = node.path("name").asString("");
            if (name.isEmpty() || !names.add(name)) {
                throw new ModelLoadException(
                        file + ": " + key + " name is '" + name + "'; distinct names are expected");
            }
            String type = node.path("datatype").asString("");
            Datatype datatype = Datatypes.of(type);
            if (datatype == null) {
                throw new ModelLoadException(
                        file
                                + ": datatype of "
                                + name
                                + " is "
                                + type
                                + "; "
                                + Datatypes.accepted());
            }
            List<Long> shape = new ArrayList<>();
            for (JsonNode length : node.path("shape")) {
                long value = number(length, "shape of " + name, -1, Integer.MAX_VALUE);
                if (value == 0) {
                    throw new ModelLoadException(
                            file
                                    + ": shape of "
                                    + name
                                    + " holds 0; -1 or lengths from 1 are expected");
                }
                shape.add(value);
            }
            tensors.add(new DeclaredTensor(name, datatype, List.copyOf(shape), List.copyOf(shape)));
        }
        if (tensors.isEmpty()) {
            throw new ModelLoadException(
                    file
                            + ": "
                            + key
                            + " is missing; a list of {name, datatype, shape} is expected");
        }
        return tensors;
    }

    private long number(JsonNode node, String what, long least, long most) {
        if (!node.isIntegralNumber()
                || !node.canConvertToLong()
                || node.asLong() < least
                || node.asLong() > most) {
            throw new ModelLoadException(
                    file
                            + ": "
                            + what
                            + " is "
                            + node
                            + "; a whole number from "
                            + least
                            + " to "
                            + most
                            + " is expected");
        }
        return node.asLong();
    }

    private void onlyKeys(JsonNode node, String where, Set<String> known) {
        if (!node.isObject()) {
            throw new ModelLoadException(
                    file
                            + ": "
                            + where
                            + " is not a map with keys "
                            + known.stream().sorted().toList());
        }
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!known.contains(entry.getKey())) {
                throw new ModelLoadException(
                        file
                                + ": "
                                + where
                                + " has the key "
                                + entry.getKey()
                                + "; "
                                + known.stream().sorted().toList()
                                + " are known");
            }
        }
    }
}
