package dev.millrace.config;

/**
 * The whole configuration as one immutable value: read this first.
 *
 * @param drainTimeoutMillis how long SIGTERM waits for what runs; key {@code drain-timeout-millis}
 */
public record ServerConfig(
        HttpConfig http,
        AeronConfig aeron,
        RingConfig ring,
        ThreadsConfig threads,
        RateLimitConfig rateLimit,
        BatchConfig batch,
        GenerationConfig generation,
        CacheConfig cache,
        ModelsConfig models,
        JournalConfig journal,
        LogConfig log,
        int drainTimeoutMillis) {
    public ServerConfig {
        Check.inRange("drain-timeout-millis", drainTimeoutMillis, 0, 3_600_000);
        if (ring.largeBufferBytes() < http.maxBodyBytes()) {
            throw new ConfigException(
                    "ring.large-buffer-bytes",
                    ring.largeBufferBytes(),
                    "at least http.max-body-bytes (" + http.maxBodyBytes() + ")");
        }
    }

    public static ServerConfig defaults() {
        return new ServerConfig(
                HttpConfig.defaults(),
                AeronConfig.defaults(),
                RingConfig.defaults(),
                ThreadsConfig.defaults(),
                RateLimitConfig.defaults(),
                BatchConfig.defaults(),
                GenerationConfig.defaults(),
                CacheConfig.defaults(),
                ModelsConfig.defaults(),
                JournalConfig.defaults(),
                LogConfig.defaults(),
                30_000);
    }

    /** The same with other models. */
    public ServerConfig withModels(ModelsConfig other) {
        return new ServerConfig(
                http,
                aeron,
                ring,
                threads,
                rateLimit,
                batch,
                generation,
                cache,
                other,
                journal,
                log,
                drainTimeoutMillis);
    }
}
