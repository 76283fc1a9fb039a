package dev.millrace.stages.decode;

import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;

/** What of a generation's parameters depends on the model and the prompt. */
final class GenerationBudget {
    private GenerationBudget() {}

    /**
     * Fixes seed and token counts.
     *
     * @param defaultTokens answer length where the request gives none; cut to what the context has
     *     left
     */
    static void settle(
            GenerationFields fields,
            SamplingParams sampling,
            ModelEntry model,
            RequestContext context,
            int longestPrompt,
            int defaultTokens) {
        int left = model.maxContextTokens() - longestPrompt;
        if (fields.maxTokens == GenerationFields.NOT_GIVEN) {
            sampling.maxTokens = Math.min(defaultTokens, left);
        } else if (fields.maxTokens > left) {
            throw new BadRequest(
                    RequestStatus.CONTEXT_LENGTH,
                    fields.maxTokensName
                            + ": the model's maximum context length is "
                            + model.maxContextTokens()
                            + " tokens, but "
                            + longestPrompt
                            + " in the prompt and "
                            + fields.maxTokens
                            + " for the answer were asked for; at most "
                            + left
                            + " are left",
                    fields.maxTokensName);
        } else {
            sampling.maxTokens = fields.maxTokens;
        }
        if (sampling.minTokens > sampling.maxTokens) {
            throw BadRequest.invalid(
                    "min_tokens: expected at most "
                            + fields.maxTokensName
                            + ", "
                            + sampling.maxTokens
                            + ", got "
                            + sampling.minTokens,
                    "min_tokens");
        }
        checkIds(sampling, model);
        if (!fields.seedGiven) {
            sampling.seed = mix(context.requestId);
        }
        context.stream = fields.stream;
    }

    private static void checkIds(SamplingParams sampling, ModelEntry model) {
        for (int i = 0; i < sampling.stopIds.size(); i++) {
            int id = sampling.stopIds.getInt(i);
            if (id >= model.vocabularySize()) {
                throw outside("stop_token_ids[" + i + "]", id, model);
            }
        }
        for (int id : sampling.biasedIds) {
            if (id >= model.vocabularySize()) {
                throw outside("logit_bias", id, model);
            }
        }
    }

    private static BadRequest outside(String param, int id, ModelEntry model) {
        return BadRequest.invalid(
                param
                        + ": expected a token id below "
                        + model.vocabularySize()
                        + ", the size of the vocabulary, got "
                        + id,
                param);
    }

    /**
     * A seed for a request that gave none: its id, scattered by SplitMix64's finalizer (Steele,
     * Lea, Flood: "Fast splittable pseudorandom number generators", 2014). A replay finds the same.
     */
    static long mix(long requestId) {
        long z = requestId + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
