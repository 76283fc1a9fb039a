package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TensorSpec;
import dev.millrace.stages.protocol.KServeExchange.RequestedOutput;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/** The {@code outputs} a KServe request asks for. Owned by the decode thread. */
final class TensorOutputs {
    private record Asked(String name, @Nullable Boolean binary) {}

    private final List<Asked> asked = new ArrayList<>();

    void begin() {
        asked.clear();
    }

    /** Reads the array the reader stands on. */
    void read(JsonReader json) {
        asked.clear();
        if (json.isNull()) {
            return;
        }
        if (!json.isArray()) {
            throw json.unexpected("an array of outputs");
        }
        while (json.advance() != JsonToken.END_ARRAY) {
            if (asked.size() == RequestSlot.MAX_TENSORS) {
                throw BadRequest.invalid(
                        "outputs: expected at most " + RequestSlot.MAX_TENSORS, "outputs");
            }
            asked.add(readOne(json));
        }
    }

    private static Asked readOne(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("an object with the name of an output");
        }
        String name = null;
        Boolean binary = null;
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "name" -> name = json.string("the name of an output");
                case "parameters" -> binary = json.isNull() ? null : readParameters(json);
                default -> json.skip();
            }
        }
        if (name == null) {
            throw json.missing("name", "the name of an output");
        }
        return new Asked(name, binary);
    }

    private static @Nullable Boolean readParameters(JsonReader json) {
        if (!json.isObject()) {
            throw json.unexpected("an object");
        }
        Boolean binary = null;
        for (String field = json.nextField(); field != null; field = json.nextField()) {
            switch (field) {
                case "binary_data" -> binary = json.bool();
                case "classification" -> {
                    if (!json.isNull()) {
                        json.integer(0, 0, "0 (classification is not supported)");
                    }
                }
                case "shared_memory_region" ->
                        throw json.unexpected("nothing (shared memory is not supported)");
                default -> json.skip();
            }
        }
        return binary;
    }

    /** Checked against the model, in the order asked for. */
    List<RequestedOutput> end(ModelEntry model, boolean binaryByDefault) {
        if (asked.isEmpty()) {
            return List.of();
        }
        List<RequestedOutput> outputs = new ArrayList<>(asked.size());
        for (int i = 0; i < asked.size(); i++) {
            Asked one = asked.get(i);
            String param = "outputs[" + i + "].name";
            if (!known(model, one.name())) {
                throw BadRequest.invalid(
                        param
                                + ": model \""
                                + model.name()
                                + "\" has no output \""
                                + JsonReader.clipped(one.name())
                                + "\"; expected "
                                + TensorNames.said(model.outputs(), TensorNames.OUTPUT),
                        param);
            }
            for (RequestedOutput before : outputs) {
                if (before.name().equals(one.name())) {
                    throw BadRequest.invalid(
                            param + ": \"" + one.name() + "\" is asked for twice", param);
                }
            }
            Boolean binary = one.binary();
            outputs.add(new RequestedOutput(one.name(), binary == null ? binaryByDefault : binary));
        }
        return outputs;
    }

    private static boolean known(ModelEntry model, String name) {
        if (model.outputs().isEmpty()) {
            return TensorNames.index(name, TensorNames.OUTPUT) >= 0;
        }
        for (TensorSpec spec : model.outputs()) {
            if (spec.name().equals(name)) {
                return true;
            }
        }
        return false;
    }
}
