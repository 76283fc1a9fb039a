package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.TensorSpec;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is said about server and models, as JSON: OpenAI's model objects, KServe v2's metadata. Any
 * thread.
 */
final class ModelMetadata {
    private static final String NAME = "millrace";

    /** For a tensor whose datatype is the request's; KServe has no word for it. */
    private static final String ANY_DATATYPE = "ANY";

    private final JsonMapper json = JsonMapper.builder().build();
    private final String version;

    ModelMetadata(String version) {
        this.version = version;
    }

    byte[] openAiModels(List<ModelEntry> models) {
        ObjectNode list = json.createObjectNode().put("object", "list");
        ArrayNode data = list.putArray("data");
        models.forEach(model -> data.add(openAi(model)));
        return json.writeValueAsBytes(list);
    }

    byte[] openAiModel(ModelEntry model) {
        return json.writeValueAsBytes(openAi(model));
    }

    private ObjectNode openAi(ModelEntry model) {
        ObjectNode node =
                json.createObjectNode()
                        .put("id", model.name())
                        .put("object", "model")
                        .put("created", model.createdEpochSeconds())
                        .put("owned_by", NAME);
        if (model.maxContextTokens() > 0) {
            // Not OpenAI's: load generators read it.
            node.put("max_model_len", model.maxContextTokens());
        }
        return node;
    }

    byte[] server() {
        ObjectNode node = json.createObjectNode().put("name", NAME).put("version", version);
        node.putArray("extensions").add("binary_tensor_data");
        return json.writeValueAsBytes(node);
    }

    byte[] kserveModel(ModelEntry model) {
        ObjectNode node = json.createObjectNode().put("name", model.name());
        node.putArray("versions").add(model.version());
        node.put("platform", model.platform());
        tensors(node.putArray("inputs"), model.inputs());
        tensors(node.putArray("outputs"), model.outputs());
        return json.writeValueAsBytes(node);
    }

    private static void tensors(ArrayNode into, List<TensorSpec> specs) {
        for (TensorSpec spec : specs) {
            ObjectNode node =
                    into.addObject()
                            .put("name", spec.name())
                            .put(
                                    "datatype",
                                    spec.datatype() == null
                                            ? ANY_DATATYPE
                                            : spec.datatype().name());
            ArrayNode shape = node.putArray("shape");
            spec.shape().forEach(shape::add);
        }
    }

    byte[] ready(ModelEntry model) {
        return json.writeValueAsBytes(
                json.createObjectNode().put("name", model.name()).put("ready", true));
    }

    /** Every model in the catalog is ready: one that cannot be loaded is not in it. */
    byte[] repositoryIndex(List<ModelEntry> models) {
        ArrayNode list = json.createArrayNode();
        for (ModelEntry model : models) {
            list.addObject()
                    .put("name", model.name())
                    .put("version", model.version())
                    .put("state", "READY")
                    .put("reason", "");
        }
        return json.writeValueAsBytes(list);
    }

    byte[] flag(String name, boolean value) {
        return json.writeValueAsBytes(json.createObjectNode().put(name, value));
    }

    byte[] health(boolean well, String name, String detail) {
        ObjectNode node = json.createObjectNode().put("status", well ? name : "not " + name);
        if (!detail.isEmpty()) {
            node.put("detail", detail);
        }
        return json.writeValueAsBytes(node);
    }
}
