package dev.millrace.gpustage.schedule;

/**
 * What a token of a prompt costs a step, in tokens at the beginning of a prompt: the matrices cost
 * the same everywhere, attention the more the further back a token sees.
 *
 * <p>Counted from the model's shape and positions alone, so that a replay gives the same steps.
 *
 * @param evenTokens how many tokens a token sees when attention costs as much as the matrices; at
 *     least 1
 * @param windowTokens how many tokens a token sees at most
 */
public record PromptCost(int evenTokens, int windowTokens) {
    /** Every token costs the same. */
    public static final PromptCost FLAT = new PromptCost(1, 0);

    /**
     * A multiplication in attention costs as much as this many in a matrix, which is packed, may be
     * of fewer bits, and does not have to be gathered first. Measured on one thread of a CPU.
     */
    private static final int ATTENTION_FACTOR = 5;

    /**
     * The cost in a model of that shape.
     *
     * @param layerWeights elements of a layer's matrices
     * @param attentionWidth elements of a layer's queries
     */
    public static PromptCost of(long layerWeights, long attentionWidth, int windowTokens) {
        // A key is multiplied by the query, and its value by the weight that comes out.
        long even = layerWeights / (2 * attentionWidth * ATTENTION_FACTOR);
        return new PromptCost(Math.clamp(even, 1, Integer.MAX_VALUE), windowTokens);
    }

    /** How many tokens from {@code position} on a positive budget buys; at least 1. */
    int tokens(int budget, int position) {
        return (int) Math.max(1, (long) budget * evenTokens / (evenTokens + seen(position)));
    }

    /** What so many tokens from {@code position} on cost; at least as much as their count. */
    int cost(int tokens, int position) {
        return (int) Math.ceilDiv(tokens * (evenTokens + seen(position)), (long) evenTokens);
    }

    private long seen(int position) {
        return Math.min(position, windowTokens);
    }
}
