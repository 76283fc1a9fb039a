package dev.millrace.stages.protocol;

import dev.millrace.ringbuffer.TokenBytes;
import java.util.List;

/**
 * What the answer to an OpenAI request depends on beside its tokens. Immutable.
 *
 * @param tokenBytes text of token ids
 * @param includeUsage a last chunk with the totals ({@code stream_options.include_usage})
 * @param includeTimings a last chunk with what each stage took ({@code
 *     stream_options.include_timings})
 * @param base64 embeddings as base64 of little-endian float32 ({@code encoding_format})
 * @param returnTokenIds prompt and generated ids beside the text (vLLM's {@code return_token_ids})
 * @param promptIds ids per prompt, where {@code returnTokenIds}; else empty
 * @param choices what each choice of an answer in text is made of
 */
public record OpenAiExchange(
        TokenBytes tokenBytes,
        boolean includeUsage,
        boolean includeTimings,
        boolean base64,
        boolean returnTokenIds,
        List<int[]> promptIds,
        Choices choices) {

    /** One choice per prompt, nothing beside its text, no timings. */
    public OpenAiExchange(
            TokenBytes tokenBytes,
            boolean includeUsage,
            boolean base64,
            boolean returnTokenIds,
            List<int[]> promptIds) {
        this(tokenBytes, includeUsage, false, base64, returnTokenIds, promptIds, Choices.PLAIN);
    }

    /** Which prompt the choice at {@code index} answers. */
    public int prompt(int index) {
        return index / choices.n();
    }

    /**
     * What is asked of each choice.
     *
     * @param n choices per prompt
     * @param echo what the text of each prompt's choices begins with, where that is asked for: the
     *     prompt as it was written, or the bytes of its token ids; else empty
     * @param logprobs alternatives told of beside each token ({@code logprobs}, {@code
     *     top_logprobs}); -1 for no log probabilities
     * @param promptLogprobs the same for the prompt (vLLM's {@code prompt_logprobs})
     */
    public record Choices(int n, List<byte[]> echo, int logprobs, int promptLogprobs) {
        static final Choices PLAIN = new Choices(1, List.of(), -1, -1);
    }
}
