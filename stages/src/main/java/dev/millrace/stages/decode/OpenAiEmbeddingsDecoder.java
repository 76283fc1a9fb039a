package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.stages.protocol.OpenAiExchange;
import dev.millrace.stages.tokenizer.TextModel;
import java.util.List;

/** {@code POST /v1/embeddings}. Runs on: the {@code decode} thread. */
final class OpenAiEmbeddingsDecoder implements RequestDecoder {
    private final ModelAddress models;
    private final JsonBody body = new JsonBody();
    private final PromptDraft inputs = new PromptDraft(DecodeLimits.MAX_EMBEDDING_INPUTS);
    private final TokenRuns runs;
    private String modelName = "";
    private boolean base64;

    OpenAiEmbeddingsDecoder(ModelAddress models, LargeBuffers buffers) {
        this.models = models;
        this.runs = new TokenRuns(buffers);
    }

    @Override
    public void decode(RequestSlot slot, RequestContext context) {
        read(slot);
        ModelEntry model = models.address(modelName, ModelKind.EMBED, slot, context);
        TextModel text = models.textOf(model);
        runs.begin();
        for (int run = 0; run < inputs.runs(); run++) {
            addRun(model, text, run);
        }
        runs.write(slot, context);
        slot.rows = inputs.runs();
        context.protocol = new OpenAiExchange(text.tokenBytes(), false, base64, false, List.of());
    }

    private void addRun(ModelEntry model, TextModel text, int run) {
        if (!inputs.isText()) {
            runs.addIds(model, inputs, run);
            return;
        }
        if (inputs.textFrom(run) == inputs.textTo(run)) {
            String label = inputs.label(run);
            throw BadRequest.invalid(label + ": expected text, got an empty string", label);
        }
        runs.addText(model, text.tokenizer(), inputs, run, true);
    }

    private void read(RequestSlot slot) {
        modelName = "";
        base64 = false;
        inputs.begin();
        JsonReader json = body.open(slot.body, slot.body.length());
        json.beginDocument();
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            readField(name, json);
        }
        if (modelName.isEmpty()) {
            throw json.missing("model", "the name of a model");
        }
        if (!inputs.given()) {
            throw json.missing("input", inputs.accepted());
        }
        json.endDocument();
    }

    private void readField(String name, JsonReader json) {
        switch (name) {
            case "model" -> modelName = json.string("the name of a model");
            case "input" -> inputs.read(name, json);
            case "encoding_format" -> base64 = !json.isNull() && readsBase64(json);
            case "dimensions", "truncate_prompt_tokens" -> {
                if (!json.isNull()) {
                    throw json.unexpected("null (the model's own; others are not supported)");
                }
            }
            default -> json.skip();
        }
    }

    private static boolean readsBase64(JsonReader json) {
        String accepted = "\"float\" or \"base64\"";
        return switch (json.string(accepted)) {
            case "float" -> false;
            case "base64" -> true;
            default -> throw json.unexpected(accepted);
        };
    }
}
