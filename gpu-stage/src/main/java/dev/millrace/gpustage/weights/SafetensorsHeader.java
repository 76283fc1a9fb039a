package dev.millrace.gpustage.weights;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.ringbuffer.Datatype;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads and checks the JSON header of a safetensors file, trusting nothing in it.
 *
 * <p>The format: <a href="https://github.com/huggingface/safetensors#format">safetensors</a>.
 * Tensors must fill the bytes after the header exactly, without overlap or holes, as the format
 * demands.
 */
final class SafetensorsHeader {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final Path file;
    private final long dataOffsetBytes;
    private final long dataBytes;

    private SafetensorsHeader(Path file, long dataOffsetBytes, long dataBytes) {
        this.file = file;
        this.dataOffsetBytes = dataOffsetBytes;
        this.dataBytes = dataBytes;
    }

    /**
     * The tensors of a file whose data begin at {@code dataOffsetBytes} and are {@code dataBytes}
     * long.
     */
    static Map<String, StoredTensor> parse(
            Path file, byte[] json, long dataOffsetBytes, long dataBytes) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new ModelLoadException(
                    file + ": the header is not valid JSON: " + e.getOriginalMessage(), e);
        }
        if (root == null || !root.isObject()) {
            throw new ModelLoadException(file + ": the header is not a JSON object");
        }
        return new SafetensorsHeader(file, dataOffsetBytes, dataBytes).tensors(root);
    }

    private Map<String, StoredTensor> tensors(JsonNode root) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (!entry.getKey().equals("__metadata__")) {
                tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
            }
        }
        checkFilled(tensors);
        return tensors;
    }

    private StoredTensor tensor(String name, JsonNode node) {
        JsonNode typeNode = node.path("dtype");
        Datatype dtype = typeNode.isString() ? datatype(typeNode.asString()) : null;
        if (dtype == null) {
            throw bad(
                    name,
                    "dtype is "
                            + typeNode
                            + "; BOOL, U8, I8, I16, I32, I64, F16, BF16, F32 and F64 are read");
        }
        List<Long> shape = new ArrayList<>();
        long elements = 1;
        JsonNode shapeNode = node.path("shape");
        if (!shapeNode.isArray()) {
            throw bad(name, "shape is " + shapeNode + "; a list of lengths is expected");
        }
        try {
            for (JsonNode length : shapeNode) {
                shape.add(nonNegative(name, "shape", length));
                elements = Math.multiplyExact(elements, shape.getLast());
            }
            elements = Math.multiplyExact(elements, (long) dtype.bytes());
        } catch (ArithmeticException e) {
            throw bad(name, "shape " + shape + " holds more elements than can be counted");
        }
        JsonNode offsets = node.path("data_offsets");
        if (!offsets.isArray() || offsets.size() != 2) {
            throw bad(name, "data_offsets is " + offsets + "; [begin, end] is expected");
        }
        long begin = nonNegative(name, "data_offsets", offsets.get(0));
        long end = nonNegative(name, "data_offsets", offsets.get(1));
        if (begin > end || end > dataBytes) {
            throw bad(
                    name,
                    "data_offsets ["
                            + begin
                            + ", "
                            + end
                            + "] lie outside the file, which holds "
                            + dataBytes
                            + " bytes of data (truncated?)");
        }
        if (end - begin != elements) {
            throw bad(
                    name,
                    "data_offsets span "
                            + (end - begin)
                            + " bytes, but shape "
                            + shape
                            + " of "
                            + dtype.name()
                            + " needs "
                            + elements);
        }
        return new StoredTensor(
                name, dtype, List.copyOf(shape), dataOffsetBytes + begin, end - begin);
    }

    private void checkFilled(Map<String, StoredTensor> tensors) {
        List<StoredTensor> inOrder = new ArrayList<>(tensors.values());
        inOrder.sort(
                Comparator.comparingLong(StoredTensor::offsetBytes)
                        .thenComparingLong(StoredTensor::bytes));
        long next = dataOffsetBytes;
        for (StoredTensor tensor : inOrder) {
            if (tensor.offsetBytes() != next) {
                String what =
                        tensor.offsetBytes() < next
                                ? "overlaps the tensor before it"
                                : "leaves a hole before it";
                throw bad(tensor.name(), "begins at byte " + tensor.offsetBytes() + " and " + what);
            }
            next += tensor.bytes();
        }
        if (next != dataOffsetBytes + dataBytes) {
            throw new ModelLoadException(
                    file
                            + ": "
                            + (dataOffsetBytes + dataBytes - next)
                            + " bytes after the last tensor belong to none");
        }
    }

    private long nonNegative(String name, String field, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
            throw bad(name, field + " holds " + value + "; whole numbers from 0 are expected");
        }
        return value.asLong();
    }

    private ModelLoadException bad(String name, String what) {
        return new ModelLoadException(file + ": tensor " + name + ": " + what);
    }

    private static @Nullable Datatype datatype(String name) {
        return switch (name) {
            case "BOOL" -> Datatype.BOOL;
            case "U8" -> Datatype.UINT8;
            case "U16" -> Datatype.UINT16;
            case "U32" -> Datatype.UINT32;
            case "U64" -> Datatype.UINT64;
            case "I8" -> Datatype.INT8;
            case "I16" -> Datatype.INT16;
            case "I32" -> Datatype.INT32;
            case "I64" -> Datatype.INT64;
            case "F16" -> Datatype.FP16;
            case "BF16" -> Datatype.BF16;
            case "F32" -> Datatype.FP32;
            case "F64" -> Datatype.FP64;
            default -> null;
        };
    }
}
