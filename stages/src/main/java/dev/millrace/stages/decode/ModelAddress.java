package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModels;
import org.jspecify.annotations.Nullable;

/** From a model's name to its entry, its lane and its text side. */
final class ModelAddress {
    private final ModelCatalog catalog;
    private final TextModels texts;

    ModelAddress(ModelCatalog catalog, TextModels texts) {
        this.catalog = catalog;
        this.texts = texts;
    }

    /** A model of that name and kind; slot and context are addressed to it. */
    ModelEntry address(String name, ModelKind kind, RequestSlot slot, RequestContext context) {
        ModelEntry model = catalog.find(name);
        if (model == null) {
            throw unknown("model: there is no model \"" + JsonReader.clipped(name) + "\"");
        }
        if (model.kind() != kind) {
            throw BadRequest.invalid(
                    "model: \"" + model.name() + "\" " + does(model.kind()), "model");
        }
        context.model = model;
        slot.lane = model.lane();
        return model;
    }

    /** The model of a KServe path. */
    ModelEntry address(
            String name, @Nullable String version, RequestSlot slot, RequestContext context) {
        ModelEntry model = address(name, ModelKind.TENSOR, slot, context);
        if (version != null && !version.equals(model.version())) {
            slot.lane = -1;
            throw unknown(
                    "model \""
                            + model.name()
                            + "\" has no version \""
                            + JsonReader.clipped(version)
                            + "\"; the loaded one is "
                            + model.version());
        }
        return model;
    }

    TextModel textOf(ModelEntry model) {
        TextModel text = texts.find(model.name());
        if (text == null) {
            throw BadRequest.invalid(
                    "model: \"" + model.name() + "\" has no tokenizer.json and takes no text",
                    "model");
        }
        return text;
    }

    private static BadRequest unknown(String reason) {
        return new BadRequest(RequestStatus.MODEL_NOT_FOUND, reason, "model");
    }

    private static String does(ModelKind kind) {
        return switch (kind) {
            case GENERATE ->
                    "generates text; it is asked through /v1/completions or /v1/chat/completions";
            case EMBED -> "embeds text; it is asked through /v1/embeddings";
            case TENSOR -> "takes tensors; it is asked through /v2/models/{model}/infer";
        };
    }
}
