package dev.millrace.tools.serve;

import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.ingress.aeron.AeronDoor;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.journal.Journal;
import dev.millrace.journal.NoJournal;
import dev.millrace.journal.Recorder;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.Hosting;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.Pipeline;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.TurnJournal;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.ratelimit.RateLimitHandler;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.reply.ReplyHandler;
import dev.millrace.stages.telemetry.Metrics;
import dev.millrace.stages.telemetry.RuntimeMeters;
import dev.millrace.stages.telemetry.TelemetryHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
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

    private static final Logger LOG = LoggerFactory.getLogger(Server.class);
    private static final long DRAIN_POLL_NANOS = 5_000_000;

    private final ServerConfig config;
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final EpochNanoClock wallClock = new OffsetEpochNanoClock();
    private final ServedModels models = new ServedModels();
    private final Scratch scratch;

    private final Rings rings;
    private final Metrics metrics;
    private @Nullable Engine engine;
    private @Nullable Journal journal;
    private @Nullable Pipeline pipeline;
    private @Nullable ServerHealth health;
    private @Nullable HttpDoor door;
    private @Nullable Hosting hosting;
    private @Nullable AeronDoor aeron;
    private @Nullable RuntimeMeters runtime;

    private Server(ServerConfig config) throws IOException {
        this.config = config;
        this.scratch = new Scratch();
        this.rings =
                new Rings(
                        config.ring(), RequestPublisher.firstId(wallClock.nanoTime() / 1_000_000L));
        this.metrics = new Metrics(rings);
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

    /**
     * What has time until the server answers: adds what the JVM does beside requests to the
     * metrics, until the server is closed, and removes what killed servers left.
     */
    public void settle() {
        runtime = new RuntimeMeters(metrics);
        Leftovers.note(scratch);
        Leftovers.remove(scratch);
    }

    private void build() throws IOException {
        Map<String, Path> folders = ModelFolders.of(config.models().dir(), scratch.folder());
        config.models().checkNames(folders.keySet());
        // Natives and models beside the journal's queue: each is about a second of a cold start.
        var starting = new Startup<>("start-engine", () -> startEngine(folders));
        var opening = new Startup<>("start-journal", () -> openJournal(starting));
        var settlements = new Settlements(config.ring().inFlight());
        // Whoever sees a start refused finds nobody at work in the journal's folder.
        opening.await();
        Engine started = starting.get();
        engine = started;
        journal = opening.get().orElse(null);
        Recorder recorder = journal == null ? new NoJournal() : journal;
        var handlers =
                ServedStages.of(
                        started.plan(),
                        recorder,
                        new DecodeHandler(models, started.texts(), rings.requestBuffers()),
                        new RateLimitHandler(config.rateLimit(), settlements),
                        new ReplyHandler(started.fingerprint()),
                        new TelemetryHandler(
                                metrics,
                                rings.inFlight(),
                                settlements,
                                clock,
                                config.log().requests()));
        var running = new Pipeline(rings, handlers, started.plan(), clock);
        pipeline = running;
        running.start();
        if (journal != null) {
            running.addLane(journal.recordedLane(rings.replyPublisher(), clock), TurnJournal.NONE);
        }
        for (LoadedModel model : started.models()) {
            GenerationUsage usage = model.lane().usage();
            if (usage != null) {
                metrics.generations(model.entry().name(), usage);
            }
            running.addLane(started.handOver(model), recorder.turnJournal());
            models.put(model.entry());
        }
        metrics.gauge(
                "millrace_journal_failing",
                "1 while records cannot be written to the journal, else 0",
                () -> journalProblem().isEmpty() ? 0 : 1);
        var watched = new ServerHealth(running, this::journalProblem, this::doorProblem);
        health = watched;
        if (config.aeron().enabled()) {
            aeron =
                    AeronDoor.start(
                            config.aeron(),
                            config.http(),
                            rings,
                            running.pollingHost(),
                            wallClock,
                            clock);
        }
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
        hosting = running.runOn(door.ioThread());
    }

    private Engine startEngine(Map<String, Path> folders) {
        var output = new LaneOutput(rings.replyPublisher(), rings.counters(), clock);
        long created = wallClock.nanoTime() / 1_000_000_000L;
        return Engine.start(config, folders, output, created);
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
                        () -> engine.get().environment(),
                        rings.counters(),
                        clock));
    }

    /** The port the door listens on. */
    public int port() {
        return Objects.requireNonNull(door).port();
    }

    /** Where the second door is found; empty where there is none. */
    public String aeronAddress() {
        return aeron == null ? "" : aeron.address();
    }

    private String doorProblem() {
        return aeron == null ? "" : aeron.problem();
    }

    private String journalProblem() {
        return journal == null ? "" : journal.problem();
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
        return engine == null ? List.of() : engine.models();
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
        if (aeron != null) {
            aeron.drain();
        }
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
        if (runtime != null) {
            runtime.close();
        }
        if (hosting != null) {
            hosting.close();
        }
        if (door != null) {
            door.close();
        }
        if (aeron != null) {
            aeron.stop();
        }
        if (pipeline != null) {
            pipeline.close();
        }
        if (aeron != null) {
            aeron.close();
        }
        if (journal != null) {
            journal.close();
        }
        if (engine != null) {
            engine.close();
        }
        rings.close();
        scratch.close();
    }
}
