package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.jspecify.annotations.Nullable;

/**
 * vLLM's {@code prompt_logprobs}: per token of the prompt an object from token ids, the token's own
 * first, to {@code logprob}, {@code rank} and {@code decoded_token}; {@code null} for the first
 * token. Runs on: the {@code reply} thread.
 */
final class PromptLogprobs {
    private final TokenLabel label = new TokenLabel("");

    /** Writes the member, where it was asked for. */
    void write(JsonWriter json, OpenAiExchange exchange, @Nullable TokenScores scores) {
        int limit = exchange.choices().promptLogprobs();
        if (limit < 0 || scores == null) {
            return;
        }
        json.name("prompt_logprobs").beginArray();
        for (int i = 0; i < scores.count(); i++) {
            if (Float.isNaN(scores.logprob(i))) {
                json.nullValue();
            } else {
                token(json, scores, i, limit, exchange.tokenBytes());
            }
        }
        json.endArray();
    }

    private void token(
            JsonWriter json, TokenScores scores, int token, int limit, TokenBytes tokenBytes) {
        json.beginObject();
        int own = scores.id(token);
        entry(json, own, scores.logprob(token), scores.rank(token), tokenBytes);
        int count = scores.alternatives(token, limit);
        for (int place = 0; place < count; place++) {
            int id = scores.topId(token, place);
            if (id != own) {
                entry(json, id, scores.topLogprob(token, place), place + 1, tokenBytes);
            }
        }
        json.endObject();
    }

    private void entry(JsonWriter json, int id, float logprob, int rank, TokenBytes tokenBytes) {
        json.name(Integer.toString(id)).beginObject();
        json.name("logprob");
        Logprob.write(json, logprob);
        json.name("rank").number(rank);
        json.name("decoded_token").string(label.decoded(id, tokenBytes));
        json.endObject();
    }
}
