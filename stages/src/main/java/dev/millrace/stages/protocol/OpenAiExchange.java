package dev.millrace.stages.protocol;

import dev.millrace.ringbuffer.TokenBytes;
import java.util.List;

/**
 * What the answer to an OpenAI request depends on beside its tokens. Immutable.
 *
 * @param tokenBytes text of token ids
 * @param includeUsage a last chunk with the totals ({@code stream_options.include_usage})
 * @param base64 embeddings as base64 of little-endian float32 ({@code encoding_format})
 * @param returnTokenIds prompt and generated ids beside the text (vLLM's {@code return_token_ids})
 * @param promptIds ids per run, where {@code returnTokenIds}; else empty
 */
public record OpenAiExchange(
        TokenBytes tokenBytes,
        boolean includeUsage,
        boolean base64,
        boolean returnTokenIds,
        List<int[]> promptIds) {}
