package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;

/**
 * {@code text_completion}, whole and in chunks of the same name (OpenAI API, "Completions"). Runs
 * on: the {@code reply} thread.
 *
 * <p>With {@code return_token_ids} each choice carries {@code token_ids} and, the first time,
 * {@code prompt_token_ids}, as vLLM has them.
 */
final class CompletionEncoder extends TextEncoder {
    private final String systemFingerprint;

    CompletionEncoder(String systemFingerprint) {
        this.systemFingerprint = systemFingerprint;
    }

    @Override
    void head(JsonWriter json, RequestContext context) {
        OpenAiMembers.head(json, context, "cmpl-", "text_completion", systemFingerprint);
    }

    @Override
    void choice(JsonWriter json, TextRun run, int index, OpenAiExchange exchange) {
        json.beginObject();
        json.name("index").number(index);
        json.name("text").string(run.text);
        json.name("logprobs").nullValue();
        json.name("finish_reason").string(run.finishReason());
        OpenAiMembers.promptIds(json, exchange, index);
        if (exchange.returnTokenIds()) {
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject();
    }

    @Override
    void wholeOnly(JsonWriter json, OpenAiExchange exchange) {
        // Everything is in the choices.
    }

    @Override
    void opening(Chunks chunks) {
        // A completion begins with its text.
    }

    @Override
    void progress(Chunks chunks, TextRun run, int index) {
        if (run.text.length() == 0 && run.ids.isEmpty() && !run.ended()) {
            return;
        }
        JsonWriter json = chunks.begin().name("choices").beginArray().beginObject();
        json.name("index").number(index);
        json.name("text").string(run.text);
        json.name("logprobs").nullValue();
        json.name("finish_reason");
        if (run.ended()) {
            json.string(run.finishReason());
        } else {
            json.nullValue();
        }
        if (chunks.exchange.returnTokenIds()) {
            if (run.announce()) {
                OpenAiMembers.promptIds(json, chunks.exchange, index);
            }
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject().endArray();
        chunks.end();
    }
}
