package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.tokenizer.TextModel;
import java.util.ArrayList;
import java.util.List;

/** {@code POST /v1/completions}. Runs on: the {@code decode} thread. */
final class OpenAiCompletionsDecoder implements RequestDecoder {
    /** OpenAI's default of {@code max_tokens}. */
    private static final int DEFAULT_TOKENS = 16;

    private final ModelAddress models;
    private final JsonBody body = new JsonBody();
    private final GenerationFields fields = new GenerationFields(false);
    private final PromptDraft prompts = new PromptDraft(DecodeLimits.MAX_PROMPTS);
    private final TokenRuns runs;
    private boolean addSpecialTokens;

    OpenAiCompletionsDecoder(ModelAddress models, LargeBuffers buffers) {
        this.models = models;
        this.runs = new TokenRuns(buffers);
    }

    @Override
    public void decode(RequestSlot slot, RequestContext context) {
        read(slot);
        ModelEntry model = models.address(fields.model, ModelKind.GENERATE, slot, context);
        TextModel text = models.textOf(model);
        runs.begin();
        for (int run = 0; run < prompts.runs(); run++) {
            if (prompts.isText()) {
                runs.addText(model, text.tokenizer(), prompts, run, addSpecialTokens);
            } else {
                runs.addIds(model, prompts, run);
            }
        }
        GenerationBudget.settle(fields, slot.sampling, model, context, runs, DEFAULT_TOKENS);
        runs.write(slot, context);
        List<byte[]> echo = slot.sampling.echo ? echo(text.tokenBytes()) : List.of();
        context.protocol = fields.exchange(text.tokenBytes(), runs, echo);
    }

    /** What each prompt's answers begin with. */
    private List<byte[]> echo(TokenBytes tokenBytes) {
        List<byte[]> echo = new ArrayList<>(prompts.runs());
        for (int run = 0; run < prompts.runs(); run++) {
            echo.add(prompts.bytes(run, tokenBytes));
        }
        return echo;
    }

    private void read(RequestSlot slot) {
        fields.begin(slot.sampling);
        prompts.begin();
        addSpecialTokens = true;
        JsonReader json = body.open(slot.body, slot.body.length());
        json.beginDocument();
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            switch (name) {
                case "prompt" -> prompts.read(name, json);
                case "add_special_tokens" -> addSpecialTokens = json.isNull() || json.bool();
                default -> fields.read(name, json);
            }
        }
        fields.end(json);
        if (!prompts.given()) {
            throw json.missing("prompt", prompts.accepted());
        }
        json.endDocument();
    }
}
