package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.tokenizer.ChatTemplate;
import dev.millrace.stages.tokenizer.TextModel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions}: messages become one prompt through the model's chat template.
 * Runs on: the {@code decode} thread.
 */
final class OpenAiChatDecoder implements RequestDecoder {
    private final ModelAddress models;
    private final JsonBody body = new JsonBody();
    private final GenerationFields fields = new GenerationFields(true);
    private final TokenRuns runs;
    private boolean addGenerationPrompt;
    private boolean addSpecialTokens;
    private boolean echo;

    OpenAiChatDecoder(ModelAddress models, LargeBuffers buffers) {
        this.models = models;
        this.runs = new TokenRuns(buffers);
    }

    @Override
    public void decode(RequestSlot slot, RequestContext context) {
        ChatDraft chat = read(slot);
        ModelEntry model = models.address(fields.model, ModelKind.GENERATE, slot, context);
        TextModel text = models.textOf(model);
        String prompt = render(chat, model, text);
        runs.begin();
        runs.addText(model, text.tokenizer(), "messages", prompt, addSpecialTokens);
        GenerationBudget.settle(fields, slot.sampling, model, context, runs, Integer.MAX_VALUE);
        runs.write(slot, context);
        context.protocol = fields.exchange(text.tokenBytes(), runs, echo(chat));
    }

    /** As vLLM has it: what the assistant said last, where its message is the last. */
    private List<byte[]> echo(ChatDraft chat) {
        String said = echo ? chat.lastOfAssistant() : null;
        return said == null ? List.of() : List.of(said.getBytes(StandardCharsets.UTF_8));
    }

    private String render(ChatDraft chat, ModelEntry model, TextModel text) {
        ChatTemplate template = text.chatTemplate();
        if (template == null) {
            throw BadRequest.invalid(
                    "model: \""
                            + model.name()
                            + "\" has no chat template and takes no messages; it is asked through"
                            + " /v1/completions",
                    "model");
        }
        long mostChars = (long) model.maxContextTokens() * text.tokenizer().longestTokenChars();
        if (chat.chars() > mostChars) {
            throw new BadRequest(
                    RequestStatus.CONTEXT_LENGTH,
                    "messages: "
                            + chat.chars()
                            + " characters; the model's maximum context length is "
                            + model.maxContextTokens()
                            + " tokens, at most "
                            + mostChars
                            + " characters",
                    "messages");
        }
        try {
            return template.render(chat.messages(), addGenerationPrompt);
        } catch (IllegalArgumentException e) {
            throw BadRequest.invalid(
                    "messages: the model's chat template refused them: " + e.getMessage(),
                    "messages");
        }
    }

    private ChatDraft read(RequestSlot slot) {
        fields.begin(slot.sampling);
        addGenerationPrompt = true;
        addSpecialTokens = false;
        echo = false;
        ChatDraft chat = null;
        JsonReader json = body.open(slot.body, slot.body.length());
        json.beginDocument();
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            switch (name) {
                case "messages" -> chat = readMessages(json);
                case "add_generation_prompt" -> addGenerationPrompt = json.isNull() || json.bool();
                case "add_special_tokens" -> addSpecialTokens = !json.isNull() && json.bool();
                case "echo" -> echo = !json.isNull() && json.bool();
                default -> fields.read(name, json);
            }
        }
        fields.end(json);
        json.endDocument();
        return given(chat, json);
    }

    private static ChatDraft readMessages(JsonReader json) {
        ChatDraft chat = new ChatDraft();
        chat.read(json);
        return chat;
    }

    private static ChatDraft given(@Nullable ChatDraft chat, JsonReader json) {
        if (chat == null) {
            throw json.missing("messages", "an array of messages");
        }
        return chat;
    }
}
