package dev.millrace.tools.bench.ring;

import dev.millrace.config.JournalConfig;
import dev.millrace.config.RateLimitConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.Journal;
import dev.millrace.journal.NoJournal;
import dev.millrace.journal.Recorder;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.Pipeline;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.ratelimit.RateLimitHandler;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.reply.ReplyHandler;
import dev.millrace.stages.telemetry.Metrics;
import dev.millrace.stages.telemetry.TelemetryHandler;
import dev.millrace.stages.tokenizer.TextModels;
import dev.millrace.tools.serve.Scratch;
import dev.millrace.tools.serve.ServedModels;
import dev.millrace.tools.serve.ServedStages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A server without doors and engine: both rings, every stage as it is served with, and lanes that
 * compute nothing. The journal, where there is one, lies in a temporary folder.
 *
 * <p>Built and closed on one thread.
 */
public final class NullServer implements AutoCloseable {
    private final NanoClock clock = SystemNanoClock.INSTANCE;
    private final ServedModels models = new ServedModels();
    private final TextModels texts = new TextModels();
    private final Scratch scratch = new Scratch();
    private final Rings rings;
    private final @Nullable Journal journal;
    private final Recorder recorder;
    private final Metrics metrics;
    private final Pipeline pipeline;

    /**
     * Starts the stages.
     *
     * @param plan COMPACT, PIPELINED or RUN_TO_COMPLETION
     * @param ioThreads of the door that will feed it; 0 for none
     * @param journalled whether requests and answers go on record
     */
    public NullServer(RingConfig ring, ThreadsConfig.Plan plan, int ioThreads, boolean journalled)
            throws IOException {
        this(ring, plan, ThreadsConfig.Waiting.AUTO, ioThreads, journalled);
    }

    /**
     * The same.
     *
     * @param waiting of the stages
     */
    public NullServer(
            RingConfig ring,
            ThreadsConfig.Plan plan,
            ThreadsConfig.Waiting waiting,
            int ioThreads,
            boolean journalled)
            throws IOException {
        // A lane claims a turn's replies before it publishes the first: it must not wait meanwhile.
        if (ring.replySlots() < ring.inFlight() || ring.replySlotBytes() < ring.slotBytes()) {
            throw new IllegalArgumentException(
                    "replies of all requests in flight must fit: " + ring);
        }
        rings = new Rings(ring, RequestPublisher.firstId(System.currentTimeMillis()));
        metrics = new Metrics(rings);
        journal = journalled ? open() : null;
        recorder = journal == null ? new NoJournal() : journal;
        var settlements = new Settlements(ring.inFlight());
        var defaults = ThreadsConfig.defaults();
        ThreadPlan threads =
                ThreadPlan.of(
                        new ThreadsConfig(plan, waiting, defaults.pin(), 1),
                        Runtime.getRuntime().availableProcessors(),
                        ioThreads,
                        1);
        StageHandlers handlers =
                ServedStages.of(
                        threads,
                        recorder,
                        new DecodeHandler(models, texts, rings.requestBuffers()),
                        new RateLimitHandler(RateLimitConfig.defaults(), settlements),
                        new ReplyHandler("bench"),
                        new TelemetryHandler(metrics, rings.inFlight(), settlements, clock, false));
        pipeline = new Pipeline(rings, handlers, threads, clock);
        pipeline.start();
    }

    /** Rings in which the replies of all requests in flight fit. */
    public static RingConfig ring(int inFlight) {
        RingConfig ring = RingConfig.defaults();
        return new RingConfig(
                Math.max(ring.slots(), inFlight),
                ring.slotBytes(),
                ring.largeBuffers(),
                ring.largeBufferBytes(),
                Math.max(ring.replySlots(), inFlight),
                ring.slotBytes(),
                inFlight);
    }

    private Journal open() throws IOException {
        Path folder = Files.createDirectory(scratch.folder().resolve("journal"));
        return Journal.open(
                JournalConfig.defaults().withDir(folder.toString()),
                1 << 20,
                () -> EnvironmentRecord.builder().put("build", "bench").build(),
                rings.counters(),
                clock);
    }

    /** A lane joins with its model. */
    public void add(Lane lane, ModelEntry model) {
        pipeline.addLane(lane, recorder.turnJournal());
        models.put(model);
    }

    /** The lane of {@link NullModel} joins. */
    public void addNullLane() {
        add(new NullLane(0, rings.replyPublisher(), clock), NullModel.entry(0));
    }

    public Rings rings() {
        return rings;
    }

    public ServedModels models() {
        return models;
    }

    /** Text sides of models that generate. */
    public TextModels texts() {
        return texts;
    }

    public Metrics metrics() {
        return metrics;
    }

    public Pipeline pipeline() {
        return pipeline;
    }

    @Override
    public void close() {
        pipeline.close();
        if (journal != null) {
            journal.close();
        }
        rings.close();
        scratch.close();
    }
}
