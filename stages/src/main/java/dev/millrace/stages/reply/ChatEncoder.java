package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.jspecify.annotations.Nullable;

/**
 * {@code chat.completion} and {@code chat.completion.chunk} (OpenAI API, "Chat"): a first chunk
 * with the role, chunks of content, a last one with the reason of the end. Runs on: the {@code
 * reply} thread.
 *
 * <p>With {@code return_token_ids} the choice carries {@code token_ids} and the answer, or its
 * first chunk, {@code prompt_token_ids}, as vLLM has them.
 */
final class ChatEncoder extends TextEncoder {
    private final String systemFingerprint;

    ChatEncoder(String systemFingerprint) {
        this.systemFingerprint = systemFingerprint;
    }

    @Override
    void head(JsonWriter json, RequestContext context) {
        String object = context.stream ? "chat.completion.chunk" : "chat.completion";
        OpenAiMembers.head(json, context, "chatcmpl-", object, systemFingerprint);
    }

    @Override
    void choice(JsonWriter json, TextRun run, int index, OpenAiExchange exchange) {
        json.beginObject();
        json.name("index").number(index);
        json.name("message").beginObject();
        json.name("role").string("assistant");
        json.name("content").string(run.text);
        json.name("refusal").nullValue().endObject();
        json.name("logprobs").nullValue();
        json.name("finish_reason").string(run.finishReason());
        if (exchange.returnTokenIds()) {
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject();
    }

    @Override
    void wholeOnly(JsonWriter json, OpenAiExchange exchange) {
        OpenAiMembers.promptIds(json, exchange, 0);
    }

    @Override
    void opening(Chunks chunks) {
        JsonWriter json = delta(chunks, 0);
        json.name("role").string("assistant");
        json.name("content").string("").endObject();
        finish(json, null);
        json.endObject().endArray();
        OpenAiMembers.promptIds(json, chunks.exchange, 0);
        chunks.end();
    }

    @Override
    void progress(Chunks chunks, TextRun run, int index) {
        if (run.text.length() > 0 || !run.ids.isEmpty()) {
            JsonWriter json = delta(chunks, index);
            json.name("content").string(run.text).endObject();
            finish(json, null);
            if (chunks.exchange.returnTokenIds()) {
                OpenAiMembers.ids(json, "token_ids", run.ids);
            }
            json.endObject().endArray();
            chunks.end();
        }
        if (run.ended()) {
            JsonWriter json = delta(chunks, index).endObject();
            finish(json, run.finishReason());
            json.endObject().endArray();
            chunks.end();
        }
    }

    private static JsonWriter delta(Chunks chunks, int index) {
        JsonWriter json = chunks.begin().name("choices").beginArray().beginObject();
        json.name("index").number(index);
        return json.name("delta").beginObject();
    }

    private static void finish(JsonWriter json, @Nullable String reason) {
        json.name("logprobs").nullValue();
        json.name("finish_reason");
        if (reason == null) {
            json.nullValue();
        } else {
            json.string(reason);
        }
    }
}
