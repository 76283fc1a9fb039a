package dev.millrace.gpustage.declaration;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads Triton's {@code config.pbtxt} as it stands: name, platform or backend, {@code
 * max_batch_size}, inputs, outputs and {@code dynamic_batching}.
 *
 * <p>{@code instance_group} and {@code version_policy} say where Triton runs a model, not what the
 * model is, and are passed over. The fields: Triton's {@code model_config.proto}.
 */
final class TritonConfig {
    private final Path file;
    private final int maxBatchSize;

    private TritonConfig(Path file, int maxBatchSize) {
        this.file = file;
        this.maxBatchSize = maxBatchSize;
    }

    static ModelDeclaration read(Path file) {
        TextProto root;
        try {
            root = TextProto.parse(file, Files.readString(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new ModelLoadException(file + ": cannot be read: " + e.getMessage(), e);
        }
        checkPlatform(file, root);
        int maxBatchSize = Math.toIntExact(number(file, root, "max_batch_size", 0, 65_536, 0));
        TritonConfig config = new TritonConfig(file, maxBatchSize);
        long delay = -1;
        List<Integer> preferred = new ArrayList<>();
        for (TextProto batching : root.messages("dynamic_batching")) {
            delay = number(file, batching, "max_queue_delay_microseconds", 0, 10_000_000, 0);
            for (String rows : batching.texts("preferred_batch_size")) {
                preferred.add(
                        Math.toIntExact(
                                parse(
                                        file,
                                        "preferred_batch_size",
                                        rows,
                                        1,
                                        Math.max(1, maxBatchSize))));
            }
        }
        return new ModelDeclaration(
                file,
                config.tensors(root, "input"),
                config.tensors(root, "output"),
                maxBatchSize,
                delay,
                preferred.stream().sorted().toList());
    }

    private static void checkPlatform(Path file, TextProto root) {
        for (String platform : root.texts("platform")) {
            if (!platform.isEmpty() && !platform.equals("pytorch_libtorch")) {
                throw new ModelLoadException(
                        file + ": platform is " + platform + "; pytorch_libtorch is served");
            }
        }
        for (String backend : root.texts("backend")) {
            if (!backend.isEmpty() && !backend.equals("pytorch")) {
                throw new ModelLoadException(
                        file + ": backend is " + backend + "; pytorch is served");
            }
        }
    }

    private List<DeclaredTensor> tensors(TextProto root, String field) {
        List<DeclaredTensor> tensors = new ArrayList<>();
        for (TextProto message : root.messages(field)) {
            tensors.add(tensor(field, message));
        }
        if (tensors.isEmpty()) {
            throw new ModelLoadException(
                    file + ": " + field + " is missing; at least one " + field + " is expected");
        }
        return tensors;
    }

    private DeclaredTensor tensor(String field, TextProto message) {
        String name = message.texts("name").stream().findFirst().orElse("");
        if (name.isEmpty()) {
            throw new ModelLoadException(file + ": " + field + " has no name");
        }
        String type = message.texts("data_type").stream().findFirst().orElse("");
        Datatype datatype = Datatypes.of(type);
        if (datatype == null) {
            throw new ModelLoadException(
                    file + ": data_type of " + name + " is " + type + "; " + Datatypes.accepted());
        }
        List<Long> shape = shape(message.texts("dims"), name);
        List<Long> modelShape = shape;
        for (TextProto reshape : message.messages("reshape")) {
            modelShape = shape(reshape.texts("shape"), name);
            if (modelShape.subList(batchDimensions(), modelShape.size()).contains(-1L)) {
                throw new ModelLoadException(
                        file
                                + ": reshape of "
                                + name
                                + " is "
                                + modelShape
                                + "; fixed lengths are served");
            }
        }
        return new DeclaredTensor(name, datatype, shape, modelShape);
    }

    private int batchDimensions() {
        return maxBatchSize > 0 ? 1 : 0;
    }

    private List<Long> shape(List<String> dims, String name) {
        List<Long> shape = new ArrayList<>();
        if (maxBatchSize > 0) {
            shape.add(-1L);
        }
        for (String dim : dims) {
            long length = parse(file, "dims of " + name, dim, -1, Integer.MAX_VALUE);
            if (length == 0) {
                throw new ModelLoadException(
                        file + ": dims of " + name + " hold 0; -1 or lengths from 1 are expected");
            }
            shape.add(length);
        }
        return List.copyOf(shape);
    }

    private static long number(
            Path file, TextProto message, String field, long least, long most, long absent) {
        List<String> texts = message.texts(field);
        return texts.isEmpty() ? absent : parse(file, field, texts.getLast(), least, most);
    }

    private static long parse(Path file, String field, String text, long least, long most) {
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Told below, with the range.
        }
        throw new ModelLoadException(
                file
                        + ": "
                        + field
                        + " is "
                        + text
                        + "; a whole number from "
                        + least
                        + " to "
                        + most
                        + " is expected");
    }
}
