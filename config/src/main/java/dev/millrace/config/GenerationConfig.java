package dev.millrace.config;

/**
 * A text model's scheduler. Keys {@code generation.*}.
 *
 * @param slots generations that run at once; each holds KV memory for the model's whole context
 * @param stepTokens token budget of one step, shared by prompt chunks and single tokens
 * @param maxWaiting generations that may wait in a lane for a slot; beyond that the request ring
 *     fills
 * @param maxContextTokens bound on prompt and answer together, below the model's own; 0 takes the
 *     model's
 */
public record GenerationConfig(int slots, int stepTokens, int maxWaiting, int maxContextTokens) {
    public GenerationConfig {
        Check.inRange("generation.slots", slots, 1, 4096);
        Check.inRange("generation.step-tokens", stepTokens, 1, 1 << 20);
        Check.inRange("generation.max-waiting", maxWaiting, 1, 1 << 20);
        Check.inRange("generation.max-context-tokens", maxContextTokens, 0, 1 << 24);
        if (stepTokens < slots) {
            throw new ConfigException(
                    "generation.step-tokens",
                    stepTokens,
                    "at least generation.slots (" + slots + ")");
        }
    }

    public static GenerationConfig defaults() {
        return new GenerationConfig(16, 512, 256, 0);
    }
}
