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
            TokenRuns prompts,
            int defaultTokens) {
        int longestPrompt = prompts.longest();
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
        checkGenerations(sampling, prompts);
        checkLogprobs(fields, sampling, prompts);
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

    private static void checkGenerations(SamplingParams sampling, TokenRuns prompts) {
        int generations = prompts.count() * sampling.bestOf;
        if (generations > DecodeLimits.MAX_GENERATIONS) {
            String param = sampling.bestOf > sampling.n ? "best_of" : "n";
            throw BadRequest.invalid(
                    param
                            + ": expected at most "
                            + DecodeLimits.MAX_GENERATIONS / prompts.count()
                            + " for "
                            + prompts.count()
                            + " prompts ("
                            + DecodeLimits.MAX_GENERATIONS
                            + " generations per request), got "
                            + sampling.bestOf,
                    param);
        }
    }

    /** A stream sends what it has and gathers nothing but the prompts'. */
    private static void checkLogprobs(
            GenerationFields fields, SamplingParams sampling, TokenRuns prompts) {
        long gathered = (long) prompts.tokens() * sampling.n * (1 + sampling.promptAlternatives());
        if (!fields.stream) {
            long tokens = (long) prompts.count() * sampling.n * sampling.maxTokens;
            gathered += tokens * (1 + sampling.logprobs);
        }
        if (gathered > DecodeLimits.MAX_LOGPROBS) {
            String param = sampling.logprobs >= 0 ? "logprobs" : "prompt_logprobs";
            throw BadRequest.invalid(
                    param
                            + ": the answer may hold "
                            + gathered
                            + " log probabilities, expected at most "
                            + DecodeLimits.MAX_LOGPROBS
                            + "; lower "
                            + fields.maxTokensName
                            + ", ask for fewer alternatives, or stream",
                    param);
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
