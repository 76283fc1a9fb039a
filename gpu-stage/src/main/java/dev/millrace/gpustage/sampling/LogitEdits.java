package dev.millrace.gpustage.sampling;

import dev.millrace.ringbuffer.SamplingParams;

/**
 * What a request changes about a row before anything is chosen from it: biases, then the
 * repetition, frequency and presence penalties, each step rounded to a float, as vLLM has them.
 *
 * <p>Infinities stay as they are, and what was finite stays finite, so that no penalty makes a row
 * invalid or masks a token.
 */
final class LogitEdits {
    private LogitEdits() {}

    static void addBiases(float[] logits, SamplingParams params) {
        for (int i = 0; i < params.biasedIds.length; i++) {
            logits[params.biasedIds[i]] += params.biases[i];
        }
    }

    /**
     * Each token that {@code counts} knows is penalised once.
     *
     * @param counts with the prompt where the repetition penalty is not 1
     */
    static void penalise(float[] logits, SamplingParams params, TokenCounts counts) {
        float repetition = params.repetitionPenalty;
        for (int rank = 0; rank < counts.size(); rank++) {
            int id = counts.id(rank);
            float logit = logits[id];
            if (!Float.isFinite(logit)) {
                continue;
            }
            logit = logit > 0 ? logit / repetition : logit * repetition;
            int answered = counts.answered(rank);
            if (answered > 0) {
                logit -= params.frequencyPenalty * answered;
                logit -= params.presencePenalty;
            }
            logits[id] = Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE);
        }
    }
}
