package dev.millrace.gpustage.model;

/**
 * How much the keys and values of a text model take.
 *
 * @param blocks KV-cache blocks
 * @param blockTokens tokens of a block
 * @param layers of the model
 * @param kvHeads key and value heads of a layer
 * @param headDim width of a head
 */
record KvCacheSize(int blocks, int blockTokens, int layers, int kvHeads, int headDim) {
    /**
     * The cache that {@code limits} ask for.
     *
     * @param contextTokens the most tokens of one generation, by the model and the limits
     */
    static KvCacheSize of(
            CacheLimits limits, int contextTokens, int layers, int kvHeads, int headDim) {
        long tokens = limits.tokens(contextTokens, layers * tokenBytes(kvHeads, headDim));
        long blocks = Math.ceilDiv(tokens, limits.blockTokens());
        return new KvCacheSize(
                Math.toIntExact(Math.min(blocks, Integer.MAX_VALUE)),
                limits.blockTokens(),
                layers,
                kvHeads,
                headDim);
    }

    /** Tokens that fit. */
    long tokens() {
        return (long) blocks * blockTokens;
    }

    /** Bytes of one layer: keys and values, float32. */
    long layerBytes() {
        long tokens = Math.multiplyExact((long) blocks, blockTokens);
        return Math.multiplyExact(tokens, tokenBytes(kvHeads, headDim));
    }

    /** Bytes of one token in one layer. */
    static long tokenBytes(int kvHeads, int headDim) {
        return 2L * kvHeads * headDim * Float.BYTES;
    }
}
