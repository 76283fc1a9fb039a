package dev.millrace.tools.acceptance;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.BatchConfig;
import dev.millrace.config.CacheConfig;
import dev.millrace.config.GenerationConfig;
import dev.millrace.config.HttpConfig;
import dev.millrace.config.JournalConfig;
import dev.millrace.config.LogConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.RateLimitConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ServerConfig;
import dev.millrace.config.ThreadsConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A server's configuration as a test wants it: the defaults, a free port, and what is said. */
final class Setup {
    private HttpConfig http = http(HttpConfig.defaults(), 16 << 20, 10_000);
    private AeronConfig aeron = AeronConfig.defaults();
    private RingConfig ring = RingConfig.defaults();
    private ThreadsConfig threads = ThreadsConfig.defaults();
    private RateLimitConfig rateLimit = RateLimitConfig.defaults();
    private CacheConfig cache = CacheConfig.defaults();
    private GenerationConfig generation = GenerationConfig.defaults();
    private ModelsConfig models = ModelsConfig.defaults();
    private JournalConfig journal;
    private int drainTimeoutMillis = 10_000;

    private Setup(Path journal) {
        this.journal = JournalConfig.defaults().withDir(journal.toString());
    }

    /** The demo model, on record in {@code journal}. */
    static Setup recordingTo(Path journal) {
        return new Setup(journal);
    }

    Setup models(Path dir) {
        models = models.withDir(dir.toString());
        return this;
    }

    Setup models(ModelsConfig models) {
        this.models = models;
        return this;
    }

    Setup plan(ThreadsConfig.Plan plan) {
        threads =
                new ThreadsConfig(plan, threads.waiting(), threads.pin(), threads.engineThreads());
        return this;
    }

    /** Threads that compute for each model. */
    Setup engineThreads(int count) {
        threads = new ThreadsConfig(threads.plan(), threads.waiting(), threads.pin(), count);
        return this;
    }

    Setup bodies(int maxBytes, int timeoutMillis) {
        http = http(http, maxBytes, timeoutMillis);
        return this;
    }

    /** A second door; {@code endpoint} for UDP beside IPC. */
    Setup aeron(Path directory, @Nullable String endpoint) {
        return aeron(directory, endpoint, 1 << 20);
    }

    Setup aeron(Path directory, @Nullable String endpoint, int termBytes) {
        aeron = aeron(directory, endpoint, termBytes, aeron.driver(), aeron.streamId());
        return this;
    }

    Setup aeron(
            Path directory, @Nullable String endpoint, AeronConfig.Driver driver, int streamId) {
        aeron = aeron(directory, endpoint, 1 << 20, driver, streamId);
        return this;
    }

    private AeronConfig aeron(
            Path directory,
            @Nullable String endpoint,
            int termBytes,
            AeronConfig.Driver driver,
            int streamId) {
        return new AeronConfig(
                true,
                driver,
                directory.toString(),
                endpoint,
                null,
                streamId,
                termBytes,
                aeron.maxSessions(),
                aeron.idle());
    }

    Setup ring(int slots, int inFlight) {
        ring =
                new RingConfig(
                        slots,
                        ring.slotBytes(),
                        ring.largeBuffers(),
                        ring.largeBufferBytes(),
                        ring.replySlots(),
                        ring.replySlotBytes(),
                        inFlight);
        return this;
    }

    Setup rateLimit(int requestsPerMinute, long tokensPerMinute) {
        rateLimit = new RateLimitConfig(requestsPerMinute, tokensPerMinute, 1024);
        return this;
    }

    /** Tokens whose keys and values the KV cache holds. */
    Setup cacheTokens(int tokens) {
        cache = new CacheConfig(cache.blockTokens(), tokens, cache.prefixes());
        return this;
    }

    Setup repeatableRequests(int count) {
        journal = journal.withRepeatableRequests(count);
        return this;
    }

    Setup generation(int slots, int maxWaiting) {
        generation = generation.withSlots(slots).withMaxWaiting(maxWaiting);
        return this;
    }

    ServerConfig config() {
        return new ServerConfig(
                http,
                aeron,
                ring,
                threads,
                rateLimit,
                BatchConfig.defaults(),
                generation,
                cache,
                models,
                journal,
                LogConfig.defaults(),
                drainTimeoutMillis);
    }

    RunningServer start() {
        return RunningServer.start(config());
    }

    private static HttpConfig http(HttpConfig base, int maxBodyBytes, int bodyTimeoutMillis) {
        return new HttpConfig(
                base.host(),
                0,
                base.ioThreads(),
                maxBodyBytes,
                base.maxHeaderBytes(),
                base.maxHeaders(),
                bodyTimeoutMillis,
                base.idleTimeoutMillis(),
                base.streamBufferBytes());
    }
}
