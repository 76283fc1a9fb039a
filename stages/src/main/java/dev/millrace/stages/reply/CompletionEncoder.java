package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.stages.protocol.OpenAiExchange;
import org.jspecify.annotations.Nullable;

/**
 * {@code text_completion}, whole and in chunks of the same name (OpenAI API, "Completions"). Runs
 * on: the {@code reply} thread.
 *
 * <p>With {@code return_token_ids} each choice carries {@code token_ids} and, the first time,
 * {@code prompt_token_ids}, as vLLM has them.
 */
final class CompletionEncoder extends TextEncoder {
    private final String systemFingerprint;
    private final CompletionLogprobs logprobs = new CompletionLogprobs();
    private final PromptLogprobs promptLogprobs = new PromptLogprobs();

    CompletionEncoder(String systemFingerprint) {
        this.systemFingerprint = systemFingerprint;
    }

    @Override
    void head(JsonWriter json, RequestContext context) {
        OpenAiMembers.head(json, context, "cmpl-", "text_completion", systemFingerprint);
    }

    @Override
    void choice(JsonWriter json, TextAnswer answer, int index, OpenAiExchange exchange) {
        TextRun run = answer.run(index);
        TokenScores prompt = answer.prompt(exchange.prompt(index));
        json.beginObject();
        json.name("index").number(index);
        json.name("text").string(run.text);
        logprobs.write(json, exchange, echoed(prompt, exchange), run.scores);
        json.name("finish_reason").string(run.finishReason());
        promptLogprobs.write(json, exchange, prompt);
        OpenAiMembers.promptIds(json, exchange, exchange.prompt(index));
        if (exchange.returnTokenIds()) {
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject();
    }

    @Override
    void wholeOnly(JsonWriter json, TextAnswer answer, OpenAiExchange exchange) {
        // Everything is in the choices.
    }

    @Override
    void opening(Chunks chunks, int runs) {
        // A completion begins with its text.
    }

    @Override
    void progress(Chunks chunks, TextRun run, int index) {
        if (run.isEmpty() && !run.ended()) {
            return;
        }
        OpenAiExchange exchange = chunks.exchange;
        int prompt = exchange.prompt(index);
        boolean first = run.announce();
        TokenScores before = first ? echoed(chunks.answer.prompt(prompt), exchange) : null;
        JsonWriter json =
                chunks.begin(index, run.ended()).name("choices").beginArray().beginObject();
        json.name("index").number(index);
        json.name("text").string(run.text);
        logprobs.write(json, exchange, before, run.scores);
        json.name("finish_reason");
        if (run.ended()) {
            json.string(run.finishReason());
        } else {
            json.nullValue();
        }
        if (exchange.returnTokenIds()) {
            if (first) {
                OpenAiMembers.promptIds(json, exchange, prompt);
            }
            OpenAiMembers.ids(json, "token_ids", run.ids);
        }
        json.endObject().endArray();
        chunks.end();
    }

    /** A prompt's tokens as far as they belong to the text. */
    private static @Nullable TokenScores echoed(
            @Nullable TokenScores prompt, OpenAiExchange exchange) {
        return exchange.choices().echo().isEmpty() ? null : prompt;
    }
}
