package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.jspecify.annotations.Nullable;

/**
 * {@code logprobs} of a completion's choice (OpenAI API, "Completions"): four arrays side by side.
 * Runs on: the {@code reply} thread.
 *
 * <p>{@code top_logprobs} holds the alternatives and the token itself, so up to one more than asked
 * for; offsets count code points from the beginning of the choice's text, echo included. The first
 * token of a prompt has {@code null} for both, as OpenAI and vLLM answer.
 */
final class CompletionLogprobs {
    private final TokenLabel label = new TokenLabel("bytes:");

    /** Writes the member; {@code prompt} comes before the answer where it is echoed. */
    void write(
            JsonWriter json,
            OpenAiExchange exchange,
            @Nullable TokenScores prompt,
            TokenScores answer) {
        json.name("logprobs");
        int limit = exchange.choices().logprobs();
        if (limit < 0) {
            json.nullValue();
            return;
        }
        TokenBytes tokenBytes = exchange.tokenBytes();
        json.beginObject();
        array(json, "text_offset", prompt, answer, (s, i) -> json.number(s.offset(i)));
        array(json, "token_logprobs", prompt, answer, (s, i) -> Logprob.write(json, s.logprob(i)));
        array(json, "tokens", prompt, answer, (s, i) -> json.string(label.of(s.id(i), tokenBytes)));
        array(
                json,
                "top_logprobs",
                prompt,
                answer,
                (s, i) -> alternatives(json, s, i, limit, tokenBytes));
        json.endObject();
    }

    /** Writes one token's value. */
    @FunctionalInterface
    private interface Value {
        void write(TokenScores scores, int token);
    }

    private static void array(
            JsonWriter json,
            String name,
            @Nullable TokenScores prompt,
            TokenScores answer,
            Value value) {
        json.name(name).beginArray();
        if (prompt != null) {
            each(prompt, value);
        }
        each(answer, value);
        json.endArray();
    }

    private static void each(TokenScores scores, Value value) {
        for (int i = 0; i < scores.count(); i++) {
            value.write(scores, i);
        }
    }

    private void alternatives(
            JsonWriter json, TokenScores scores, int token, int limit, TokenBytes tokenBytes) {
        if (Float.isNaN(scores.logprob(token))) {
            json.nullValue();
            return;
        }
        int count = scores.alternatives(token, limit);
        json.beginObject();
        for (int place = 0; place < count; place++) {
            if (!named(scores, token, place, scores.topId(token, place), tokenBytes)) {
                json.name(label.of(scores.topId(token, place), tokenBytes));
                Logprob.write(json, scores.topLogprob(token, place));
            }
        }
        if (!named(scores, token, count, scores.id(token), tokenBytes)) {
            json.name(label.of(scores.id(token), tokenBytes));
            Logprob.write(json, scores.logprob(token));
        }
        json.endObject();
    }

    /** Whether one of the first {@code places} alternatives has that label: a name comes once. */
    private static boolean named(
            TokenScores scores, int token, int places, int id, TokenBytes tokenBytes) {
        for (int place = 0; place < places; place++) {
            if (TokenLabel.same(scores.topId(token, place), id, tokenBytes)) {
                return true;
            }
        }
        return false;
    }
}
