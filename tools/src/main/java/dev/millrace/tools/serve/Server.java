package dev.millrace.tools.serve;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.ConfigException;
import dev.millrace.config.ModelsConfig.Device;
import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.ModelLoader;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.Journal;
import dev.millrace.journal.NoJournal;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.Pipeline;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.ringbuffer.TurnJournal;
import dev.millrace.stages.batch.BatchHandler;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.ratelimit.RateLimitHandler;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.reply.ReplyHandler;
import dev.millrace.stages.telemetry.Metrics;
import dev.millrace.stages.telemetry.TelemetryHandler;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.stages.tokenizer.TextModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The composition root: builds every part with plain constructors, starts them from the inside out
 * (engine, journal, rings, lanes, door), and stops them in reverse, doors first.
 *
 * <p>Built, drained and closed on the control path; everything else runs on the threads it starts.
 */
public final class Server implements AutoCloseable {
    /** Told to clients, and part of environment records and fingerprints. */
    public static final String VERSION = "0.1.0";

    private static final String BUILD = "millrace-" + VERSION;

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final int SHAPES = 4096;
    private static final long DRAIN_POLL_NANOS = 5_000_000;

    private final ServerConfig config;
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final EpochNanoClock wallClock = new OffsetEpochNanoClock();
    private final ServedModels models = new ServedModels();
    private final TextModels texts = new TextModels();
    private final Scratch scratch;
    private final List<AutoCloseable> parts = new ArrayList<>();

    /** Loaded and not in the pipeline: nobody else closes them. */
    private final List<Lane> lanes = new ArrayList<>();

    private List<LoadedModel> loaded = List.of();

    private final Rings rings;
    private @Nullable Journal journal;
    private @Nullable Pipeline pipeline;
    private @Nullable ServerHealth health;
    private @Nullable HttpDoor door;

    private Server(ServerConfig config) throws IOException {
        this.config = config;
        this.scratch = new Scratch();
        // Seconds of the wall clock in the high bits: runs that share a journal share no id.
        this.rings = new Rings(config.ring(), (wallClock.nanoTime() / 1_000_000_000L) << 30);
    }

    /**
     * Builds and starts a server; returns when it can answer.
     *
     * @throws dev.millrace.config.ConfigException where a value cannot be used
     * @throws dev.millrace.gpustage.ModelLoadException where a model folder cannot be served
     */
    public static Server start(ServerConfig config) {
        try {
            var server = new Server(config);
            try {
                server.build();
                return server;
            } catch (IOException | RuntimeException | Error e) {
                server.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void build() throws IOException {
        Map<String, Path> folders = ModelFolders.of(config.models().dir(), scratch.folder());
        // Natives and models beside the journal's queue: each is about a second of a cold start.
        var starting = new Startup<>("start-engine", () -> startEngine(folders));
        var opening = new Startup<>("start-journal", () -> openJournal(starting));
        var settlements = new Settlements(config.ring().inFlight());
        var metrics = new Metrics(rings);
        Engine engine = starting.get();
        loaded = List.copyOf(engine.models());
        lanes.addAll(engine.models().stream().map(LoadedModel::lane).toList());
        journal = opening.get().orElse(null);
        var handlers =
                new StageHandlers(
                        requestJournal(),
                        new DecodeHandler(models, texts, rings.requestBuffers()),
                        new RateLimitHandler(config.rateLimit(), settlements),
                        new BatchHandler(SHAPES),
                        NoJournal.requestHandler(),
                        replyJournal(),
                        new ReplyHandler(fingerprint(engine)),
                        new TelemetryHandler(
                                metrics,
                                rings.inFlight(),
                                settlements,
                                clock,
                                config.log().requests()));
        int cpus = Runtime.getRuntime().availableProcessors();
        var plan =
                ThreadPlan.of(
                        config.threads(),
                        cpus,
                        HttpDoor.ioThreads(config.http()),
                        engine.models().size());
        var running = new Pipeline(rings, handlers, plan, clock);
        pipeline = running;
        running.start();
        for (LoadedModel model : engine.models()) {
            GenerationUsage usage = model.lane().usage();
            if (usage != null) {
                metrics.generations(model.entry().name(), usage);
            }
            running.addLane(model.lane(), TurnJournal.NONE);
            lanes.remove(model.lane());
            models.put(model.entry());
        }
        var watched = new ServerHealth(running);
        health = watched;
        door =
                HttpDoor.start(
                        config.http(),
                        rings,
                        models,
                        watched,
                        metrics::scrape,
                        wallClock,
                        clock,
                        VERSION);
    }

    private record Engine(LibTorch.NativeInfo natives, List<LoadedModel> models) {}

    private Engine startEngine(Map<String, Path> folders) {
        if (config.models().device() == Device.CUDA) {
            throw new ConfigException(
                    "models.device", "cuda", "auto or cpu: this build computes on the CPU alone");
        }
        LibTorch.NativeInfo natives = LibTorch.start(config.threads().engineThreads(), 1);
        return new Engine(natives, load(folders));
    }

    /** The tokenizer comes first: a lane for text needs it for stop strings. */
    private List<LoadedModel> load(Map<String, Path> folders) {
        long created = wallClock.nanoTime() / 1_000_000_000L;
        var output = new LaneOutput(rings.replyPublisher(), rings.counters(), clock);
        var loaded = new ArrayList<LoadedModel>();
        for (Map.Entry<String, Path> folder : folders.entrySet()) {
            String name = folder.getKey();
            TextModel text = TextModelLoader.load(folder.getValue());
            if (text != null) {
                texts.put(name, text);
                parts.add(text.tokenizer());
            }
            var loader =
                    new ModelLoader(
                            config.models().dtype(),
                            config.generation(),
                            config.cache(),
                            config.batch(),
                            output,
                            created,
                            path -> {
                                if (text == null) {
                                    throw new ConfigException(
                                            path + ": a text model needs a tokenizer.json");
                                }
                                return text.tokenBytes();
                            });
            long began = clock.nanoTime();
            LoadedModel model;
            try {
                model = loader.load(name, folder.getValue(), loaded.size());
            } catch (RuntimeException | Error e) {
                loaded.forEach(done -> done.lane().close());
                throw e;
            }
            loaded.add(model);
            LOG.info(
                    "model {}: {}, version {}, weights {}{}, loaded in {} ms",
                    name,
                    model.entry().platform(),
                    model.entry().version(),
                    model.weights(),
                    model.measured().isEmpty() ? "" : " (" + model.measured() + ")",
                    (clock.nanoTime() - began) / 1_000_000);
        }
        return loaded;
    }

    private Optional<Journal> openJournal(Startup<Engine> engine) {
        if (!config.journal().enabled()) {
            LOG.warn("journal: off; requests of this run cannot be replayed");
            return Optional.empty();
        }
        return Optional.of(
                Journal.open(
                        config.journal(),
                        config.http().maxBodyBytes(),
                        () -> environment(engine.get()),
                        rings.counters(),
                        clock));
    }

    private static EnvironmentRecord environment(Engine engine) {
        return new EnvironmentRecord(
                BUILD,
                engine.natives().version(),
                engine.natives().device() + weights(engine, " "),
                engine.natives().intraOpThreads(),
                engine.models().stream()
                        .map(LoadedModel::entry)
                        .map(entry ->
                                new EnvironmentRecord.Model(
                                        entry.name(), entry.version(), entry.digest()))
                        .toList());
    }

    private EventHandler<RequestSlot> requestJournal() {
        return journal == null ? NoJournal.requestHandler() : journal.requestHandler();
    }

    private EventHandler<ReplySlot> replyJournal() {
        return journal == null ? NoJournal.replyHandler() : journal.replyHandler();
    }

    /** Answers with the same fingerprint were computed by the same build in the same way. */
    private static String fingerprint(Engine engine) {
        return "%s-torch%s-%s-t%d%s"
                .formatted(
                        BUILD,
                        engine.natives().version(),
                        engine.natives().device(),
                        engine.natives().intraOpThreads(),
                        weights(engine, "-"));
    }

    /** How text models hold their weights where that is not float32, each behind {@code before}. */
    private static String weights(Engine engine, String before) {
        return engine.models().stream()
                .filter(model -> model.entry().kind() == ModelKind.GENERATE)
                .map(LoadedModel::weights)
                .filter(weights -> !weights.equals("float32"))
                .distinct()
                .map(weights -> before + weights)
                .collect(Collectors.joining());
    }

    /** The port the door listens on. */
    public int port() {
        return Objects.requireNonNull(door).port();
    }

    /** Where requests are on record; null where the journal is off. */
    public @Nullable Path journalDir() {
        return journal == null ? null : journal.folder();
    }

    public ModelCatalog models() {
        return models;
    }

    /** How models were loaded. */
    public List<LoadedModel> loadedModels() {
        return loaded;
    }

    /** For counters and leak checks. */
    public Rings rings() {
        return rings;
    }

    /** For lane loads and stopped threads. */
    public Pipeline pipeline() {
        return Objects.requireNonNull(pipeline);
    }

    /** The door answers 503 from here on; returns when nothing runs, or after the drain timeout. */
    public void drain() {
        HttpDoor open = door;
        if (open == null) {
            return;
        }
        Objects.requireNonNull(health).draining();
        open.drain();
        long deadlineNanos = clock.nanoTime() + config.drainTimeoutMillis() * 1_000_000L;
        while (rings.inFlight().count() > 0 && clock.nanoTime() - deadlineNanos < 0) {
            LockSupport.parkNanos(DRAIN_POLL_NANOS);
        }
        int left = rings.inFlight().count();
        if (left > 0) {
            LOG.warn(
                    "drain: {} requests still run after {} ms and are cut off",
                    left,
                    config.drainTimeoutMillis());
        }
    }

    @Override
    public void close() {
        if (door != null) {
            door.close();
        }
        if (pipeline != null) {
            pipeline.close();
        }
        if (journal != null) {
            journal.close();
        }
        lanes.forEach(Lane::close);
        for (AutoCloseable part : parts) {
            close(part);
        }
        rings.close();
        scratch.close();
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.warn("{} could not be closed", part, e);
        }
    }
}
