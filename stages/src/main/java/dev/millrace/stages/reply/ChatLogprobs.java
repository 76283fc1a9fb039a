package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.protocol.OpenAiExchange;

/**
 * {@code logprobs} of a chat's choice (OpenAI API, "Chat"): one object per token. Its {@code bytes}
 * are those that the token adds to the text; {@code null} for a special token, which adds none.
 * Runs on: the {@code reply} thread.
 */
final class ChatLogprobs {
    private final TokenLabel label = new TokenLabel("");

    /** Writes the member; null where log probabilities were not asked for. */
    void write(JsonWriter json, OpenAiExchange exchange, TokenScores scores) {
        json.name("logprobs");
        int limit = exchange.choices().logprobs();
        if (limit < 0) {
            json.nullValue();
            return;
        }
        TokenBytes tokenBytes = exchange.tokenBytes();
        json.beginObject().name("content").beginArray();
        for (int i = 0; i < scores.count(); i++) {
            begin(json, scores.id(i), scores.logprob(i), tokenBytes);
            json.name("top_logprobs").beginArray();
            int count = scores.alternatives(i, limit);
            for (int place = 0; place < count; place++) {
                begin(json, scores.topId(i, place), scores.topLogprob(i, place), tokenBytes);
                json.endObject();
            }
            json.endArray().endObject();
        }
        json.endArray().name("refusal").nullValue().endObject();
    }

    private void begin(JsonWriter json, int id, float logprob, TokenBytes tokenBytes) {
        json.beginObject();
        json.name("token").string(label.of(id, tokenBytes));
        json.name("logprob");
        Logprob.write(json, logprob);
        json.name("bytes");
        byte[] bytes = tokenBytes.bytesOf(id);
        if (bytes.length == 0) {
            json.nullValue();
            return;
        }
        json.beginArray();
        for (byte b : bytes) {
            json.number(b & 0xFF);
        }
        json.endArray();
    }
}
