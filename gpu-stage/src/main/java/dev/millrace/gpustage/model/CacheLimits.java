package dev.millrace.gpustage.model;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * How large a text model's KV cache may be.
 *
 * @param generations how many run at once
 * @param maxContextTokens the most tokens of one generation; 0 for the model's own limit
 * @param blockTokens tokens of a KV-cache block
 * @param cacheTokens tokens of all blocks; 0 for as many as all generations can use, within a
 *     quarter of the machine's memory
 */
public record CacheLimits(
        int generations, int maxContextTokens, int blockTokens, long cacheTokens) {

    /** Limits for tests and tools: blocks of 16 tokens, as many as {@code generations} can use. */
    public static CacheLimits of(int generations, int maxContextTokens) {
        return new CacheLimits(generations, maxContextTokens, 16, 0);
    }

    /** The context bound of a model whose own is {@code contextTokens}. */
    int contextTokens(int contextTokens) {
        int bound =
                maxContextTokens == 0 ? contextTokens : Math.min(contextTokens, maxContextTokens);
        return cacheTokens == 0 ? bound : (int) Math.min(bound, cacheTokens);
    }

    /** Tokens to have blocks for. */
    long tokens(int contextTokens, long tokenBytes) {
        if (cacheTokens > 0) {
            return cacheTokens;
        }
        // Every generation may leave its last block unfilled.
        long rounded = Math.ceilDiv((long) contextTokens, blockTokens) * blockTokens;
        long all = rounded * generations;
        return Math.max(rounded, Math.min(all, memoryBytes() / 4 / tokenBytes));
    }

    private static long memoryBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }
}
