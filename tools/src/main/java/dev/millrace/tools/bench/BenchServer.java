package dev.millrace.tools.bench;

import dev.millrace.config.ConfigException;
import dev.millrace.config.GenerationConfig;
import dev.millrace.config.JournalConfig;
import dev.millrace.config.LogConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ServerConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.tools.serve.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A server for one model, sized for a benchmark, that records nothing.
 *
 * <p>Built and closed on the benchmark's thread.
 */
final class BenchServer implements AutoCloseable {
    private static final int MOST_SLOT_BYTES = 1 << 20;

    private final Path parent;
    private final Server server;

    /**
     * @param streams most at once
     * @param promptTokens of the longest prompt
     * @param contextTokens of the longest prompt and answer together
     */
    BenchServer(
            Path folder,
            int streams,
            int promptTokens,
            int contextTokens,
            int engineThreads,
            ModelsConfig.Device device,
            ModelsConfig.Dtype dtype)
            throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new ConfigException("DIR", folder, "a model's folder");
        }
        Path real = folder.toRealPath();
        parent = Files.createTempDirectory("millrace-bench-");
        try {
            String name = real.getFileName().toString();
            Files.createSymbolicLink(parent.resolve(name), real);
            int slotBytes = StreamLoad.maxBodyBytes(promptTokens, name);
            if (slotBytes > MOST_SLOT_BYTES) {
                throw new ConfigException(
                        "--prompt",
                        promptTokens,
                        "a prompt whose ids fit " + MOST_SLOT_BYTES + " bytes");
            }
            server =
                    Server.start(
                            config(
                                    streams,
                                    slotBytes,
                                    contextTokens,
                                    engineThreads,
                                    device,
                                    dtype));
        } catch (IOException | RuntimeException e) {
            removeParent();
            throw e;
        }
    }

    private ServerConfig config(
            int streams,
            int slotBytes,
            int contextTokens,
            int engineThreads,
            ModelsConfig.Device device,
            ModelsConfig.Dtype dtype) {
        ServerConfig defaults = ServerConfig.defaults();
        RingConfig ring = defaults.ring();
        GenerationConfig generation = defaults.generation();
        ThreadsConfig threads = defaults.threads();
        JournalConfig journal = defaults.journal();
        return new ServerConfig(
                defaults.http().withPort(0),
                defaults.aeron(),
                new RingConfig(
                        ring.slots(),
                        Math.max(ring.slotBytes(), slotBytes),
                        ring.largeBuffers(),
                        ring.largeBufferBytes(),
                        ring.replySlots(),
                        ring.replySlotBytes(),
                        ring.inFlight()),
                new ThreadsConfig(threads.plan(), threads.waiting(), threads.pin(), engineThreads),
                defaults.rateLimit(),
                defaults.batch(),
                generation.withSlots(streams).withMaxContextTokens(contextTokens),
                defaults.cache(),
                new ModelsConfig(parent.toString(), device, dtype, List.of()),
                new JournalConfig(
                        false,
                        null,
                        journal.rollCycle(),
                        journal.blockBytes(),
                        journal.maxOutputBytes(),
                        journal.store(),
                        journal.durability(),
                        journal.onFailure()),
                LogConfig.defaults(),
                defaults.drainTimeoutMillis());
    }

    Server server() {
        return server;
    }

    /** The text model. */
    ModelEntry model() {
        ModelEntry model = server.models().all().getFirst();
        if (model.kind() != ModelKind.GENERATE) {
            throw new ConfigException("DIR", model.name(), "a model that generates text");
        }
        return model;
    }

    /** The text model as it was loaded: in which format, and why. */
    LoadedModel loaded() {
        return server.loadedModels().getFirst();
    }

    private void removeParent() throws IOException {
        try (var links = Files.list(parent)) {
            for (Path link : links.toList()) {
                Files.delete(link);
            }
        }
        Files.delete(parent);
    }

    @Override
    public void close() throws IOException {
        server.close();
        removeParent();
    }
}
