package dev.millrace.config;

/**
 * Permits per caller: an API key, or the address where no key is sent. Keys {@code rate-limit.*}.
 *
 * @param requestsPerMinute 0 means no limit
 * @param tokensPerMinute prompt and generated tokens; 0 means no limit
 * @param callers how many callers are remembered; the one idle longest is forgotten first
 */
public record RateLimitConfig(int requestsPerMinute, long tokensPerMinute, int callers) {
    public RateLimitConfig {
        Check.inRange("rate-limit.requests-per-minute", requestsPerMinute, 0, 1_000_000_000);
        Check.inRange("rate-limit.tokens-per-minute", tokensPerMinute, 0, 1_000_000_000_000L);
        Check.inRange("rate-limit.callers", callers, 1, 1 << 24);
    }

    /** No limits. */
    public static RateLimitConfig defaults() {
        return new RateLimitConfig(0, 0, 65_536);
    }
}
