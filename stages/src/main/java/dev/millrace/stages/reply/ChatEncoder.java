package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.jspecify.annotations.Nullable;

/**
 * {@code chat.completion} and {@code chat.completion.chunk} (OpenAI API, "Chat"): for each choice a
 * first chunk with the role, chunks of content, a last one with the reason of the end. Runs on: the
 * {@code reply} thread.
 *
 * <p>With {@code return_token_ids} the choice carries {@code token_ids} and the answer, or its
 * first chunk, {@code prompt_token_ids}, as vLLM has them.
 */
final class ChatEncoder extends TextEncoder {
    private final String systemFingerprint;
    private final ChatLogprobs logprobs = new ChatLogprobs();
    private final PromptLogprobs promptLogprobs = new PromptLogprobs();

    ChatEncoder(String systemFingerprint) {
        this.systemFingerprint = systemFingerprint;
    }

    @Override
    void head(JsonWriter json, RequestContext context) {
        String object = context.stream ? "chat.completion.chunk" : "chat.completion";
        OpenAiMembers.head(json, context, "chatcmpl-", object, systemFingerprint);
    }

    @Override
    void choice(JsonWriter json, TextAnswer answer, int index, OpenAiExchange exchange) {
        TextRun run = answer.run(index);
        json.beginObject();
        json.name("index").number(index);
        json.name("message").beginObject();
        json.name("role").string("assistant");
        json.name("content").string(run.text);
        json.name("refusal").nullValue().endObject();
        logprobs.write(json, exchange, run.scores);
        json.name("finish_reason").string(run.finishReason());
        if (exchange.returnTokenIds()) {
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject();
    }

    @Override
    void wholeOnly(JsonWriter json, TextAnswer answer, OpenAiExchange exchange) {
        promptLogprobs.write(json, exchange, answer.prompt(0));
        OpenAiMembers.promptIds(json, exchange, 0);
    }

    @Override
    void opening(Chunks chunks, int runs) {
        for (int i = 0; i < runs; i++) {
            // A client that has not seen them all has nothing to go on from.
            JsonWriter json = delta(i == runs - 1 ? chunks.beginText() : chunks.begin(), i);
            json.name("role").string("assistant");
            json.name("content").string("").endObject();
            json.name("logprobs").nullValue();
            finish(json, null);
            json.endObject().endArray();
            if (i == 0) {
                OpenAiMembers.promptIds(json, chunks.exchange, 0);
            }
            chunks.end();
        }
    }

    @Override
    void progress(Chunks chunks, TextRun run, int index) {
        if (!run.isEmpty()) {
            JsonWriter json = delta(chunks.begin(index, false), index);
            json.name("content").string(run.text).endObject();
            logprobs.write(json, chunks.exchange, run.scores);
            finish(json, null);
            if (chunks.exchange.returnTokenIds()) {
                OpenAiMembers.ids(json, "token_ids", run.ids);
            }
            json.endObject().endArray();
            chunks.end();
        }
        if (run.ended()) {
            JsonWriter json = delta(chunks.begin(index, true), index).endObject();
            json.name("logprobs").nullValue();
            finish(json, run.finishReason());
            json.endObject().endArray();
            chunks.end();
        }
    }

    private static JsonWriter delta(JsonWriter json, int index) {
        json.name("choices").beginArray().beginObject();
        json.name("index").number(index);
        return json.name("delta").beginObject();
    }

    private static void finish(JsonWriter json, @Nullable String reason) {
        json.name("finish_reason");
        if (reason == null) {
            json.nullValue();
        } else {
            json.string(reason);
        }
    }
}
