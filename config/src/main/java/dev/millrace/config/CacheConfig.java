package dev.millrace.config;

/**
 * A text model's KV cache. Keys {@code cache.*}.
 *
 * @param blockTokens tokens of a block
 * @param tokens tokens of all blocks; 0 takes as many as {@code generation.slots} generations can
 *     use, within a quarter of the machine's memory
 * @param prefixes whether generations share the blocks of beginnings that they have in common
 */
public record CacheConfig(int blockTokens, long tokens, boolean prefixes) {
    public CacheConfig {
        Check.inRange("cache.block-tokens", blockTokens, 1, 1024);
        Check.inRange("cache.tokens", tokens, 0, 1L << 32);
    }

    public static CacheConfig defaults() {
        return new CacheConfig(16, 0, true);
    }
}
