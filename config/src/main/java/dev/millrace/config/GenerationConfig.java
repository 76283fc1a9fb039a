package dev.millrace.config;

/**
 * A text model's scheduler. Keys {@code generation.*}.
 *
 * @param slots generations that run at once
 * @param stepTokens token budget of one step, shared by prompt chunks and single tokens
 * @param chunkTokens most prompt tokens of a step that also carries generations past their prompt,
 *     within the budget, and fewer further on in a prompt, where each costs more: a small number
 *     keeps those generations going more evenly, a large one finishes prompts earlier
 * @param maxWaiting generations that may wait in a lane for a slot; beyond that the request ring
 *     fills
 * @param maxContextTokens bound on prompt and answer together, below the model's own; 0 takes the
 *     model's
 * @param draftTokens most tokens to guess from a generation's own text and verify in one step
 *     (prompt lookup); 0 guesses none
 */
public record GenerationConfig(
        int slots,
        int stepTokens,
        int chunkTokens,
        int maxWaiting,
        int maxContextTokens,
        int draftTokens) {
    public GenerationConfig {
        Check.inRange("generation.slots", slots, 1, 4096);
        Check.inRange("generation.step-tokens", stepTokens, 1, 1 << 20);
        Check.inRange("generation.chunk-tokens", chunkTokens, 1, 1 << 20);
        Check.inRange("generation.max-waiting", maxWaiting, 1, 1 << 20);
        Check.inRange("generation.max-context-tokens", maxContextTokens, 0, 1 << 24);
        Check.inRange("generation.draft-tokens", draftTokens, 0, 64);
        if (stepTokens < slots) {
            throw new ConfigException(
                    "generation.step-tokens",
                    stepTokens,
                    "at least generation.slots (" + slots + ")");
        }
    }

    public static GenerationConfig defaults() {
        return new GenerationConfig(16, 512, 48, 256, 0, 0);
    }

    /** The same for another number of generations, and a step that has room for them. */
    public GenerationConfig withSlots(int slots) {
        return new GenerationConfig(
                slots,
                Math.max(slots, stepTokens),
                chunkTokens,
                Math.max(slots, maxWaiting),
                maxContextTokens,
                draftTokens);
    }

    /** The same with another bound on waiting generations. */
    public GenerationConfig withMaxWaiting(int maxWaiting) {
        return new GenerationConfig(
                slots, stepTokens, chunkTokens, maxWaiting, maxContextTokens, draftTokens);
    }

    /** The same with another bound on prompt and answer. */
    public GenerationConfig withMaxContextTokens(int maxContextTokens) {
        return new GenerationConfig(
                slots, stepTokens, chunkTokens, maxWaiting, maxContextTokens, draftTokens);
    }
}
