package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.ConfigException;
import dev.millrace.config.JournalConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.ReplyPublisher;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TurnJournal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import net.openhft.chronicle.core.time.TimeProvider;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.StoreFileListener;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LegacyRollCycles;
import net.openhft.posix.PosixAPI;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal a server writes: one Chronicle queue in one folder. Opened and closed on the control
 * path; the handlers it gives out each belong to their stage's thread.
 *
 * <p>Order: the stages that record and every lane append, through an appender each: a thread
 * gathers what it sees in one pass and appends it as one frame. {@link JournalWriter} lets one
 * frame be written at a time, and {@link RecordOrder} numbers records inside that section: their
 * order on disk, their indexes, their times and their chain agree. A run stands behind the last
 * record of the run before.
 *
 * <p>Durability: a record whose append has returned survives kill -9. With {@code fsync-batch} a
 * lane's turn and a batch of answers are synced before anybody acts on them, and with them all that
 * was appended before: what came in, and what was decided, is not synced by itself.
 */
public final class Journal implements Recorder, AutoCloseable {
    /** Most bytes of a frame besides its largest record: what was gathered, a decision, ends. */
    private static final int FRAME_OVERHEAD_BYTES =
            JournalAppender.FLUSH_BYTES + 2 * FrameBuilder.COMPOSED_BYTES;

    /** Beside the body of the largest record. */
    private static final long LARGEST_OVERHEAD_BYTES =
            FRAME_OVERHEAD_BYTES + FrameBuilder.COMPOSED_BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);

    private static final long LARGEST_BLOCK_BYTES = 1L << 30;

    private final JournalFolder folder;
    private final SingleChronicleQueue queue;
    private final JournalRoom room;
    private final JournalWriter writer;
    private final JournalRetention retention;
    private final JournalConfig config;
    private final int maxRecordBytes;
    private final @Nullable JournalSync sync;
    private final JournalOutage outage;
    private final KnownRequests known;

    private Journal(
            JournalFolder folder,
            SingleChronicleQueue queue,
            RecordOrder order,
            Counters counters,
            JournalConfig config,
            long blockBytes,
            KnownRequests known,
            EpochNanoClock wallClock) {
        this.folder = folder;
        this.queue = queue;
        this.config = config;
        this.maxRecordBytes = (int) (blockBytes / 4) - FRAME_OVERHEAD_BYTES;
        this.outage = new JournalOutage(config.onFailure(), counters);
        this.sync =
                config.durability() == JournalConfig.Durability.FSYNC_BATCH
                        ? new JournalSync(counters)
                        : null;
        this.known = known;
        this.retention = new JournalRetention(folder.path(), config, known, wallClock);
        ExcerptAppender appender = queue.createAppender();
        this.room = new JournalRoom(folder.path(), sync != null, CachedTail.ofBlocks(blockBytes));
        this.writer =
                new JournalWriter(
                        appender, order, counters, sync, room, queue::cycle, retention::fileBegun);
    }

    /**
     * Opens the journal in {@code journal.dir}, making what is missing, and begins a run.
     *
     * @param maxBodyBytes {@code http.max-body-bytes}: the queue's block is made large enough for
     *     it
     * @param environment what executes the run; asked for when the queue stands, so that models may
     *     load meanwhile
     * @param clock the server's monotonic clock, the one its stamps come from
     * @throws ConfigException where a key asks for what cannot be
     * @throws JournalException where the folder cannot be used
     */
    public static Journal open(
            JournalConfig config,
            int maxBodyBytes,
            Supplier<EnvironmentRecord> environment,
            Counters counters,
            NanoClock clock) {
        return open(
                config,
                maxBodyBytes,
                environment,
                counters,
                clock,
                new OffsetEpochNanoClock(),
                SystemTimeProvider.INSTANCE);
    }

    static Journal open(
            JournalConfig config,
            int maxBodyBytes,
            Supplier<EnvironmentRecord> environment,
            Counters counters,
            NanoClock clock,
            EpochNanoClock wallClock,
            TimeProvider rollClock) {
        long blockBytes = blockBytes(config, maxBodyBytes);
        JournalFolder folder = JournalFolder.take(config.dir());
        try {
            folder.checkRollCycle(config.rollCycle());
            RecordOrder order = new RecordOrder(clock, wallClock);
            JournalTail tail = JournalTail.of(folder.path(), folder.machineWentDown());
            if (tail != null && tail.chain() != null) {
                order.chain().follow(tail.chain());
            }
            String setAside = tail == null ? "" : setAside(folder, tail);
            KnownRequests known = known(folder.path(), config);
            JournalRoom.needFile(folder.path());
            Journal journal =
                    new Journal(
                            folder,
                            queue(folder.path(), config, blockBytes, rollClock),
                            order,
                            counters,
                            config,
                            blockBytes,
                            known,
                            wallClock);
            return journal.begin(environment, setAside);
        } catch (IOException e) {
            folder.close();
            throw new JournalException("journal in " + folder.path() + " cannot be read: " + e, e);
        } catch (RuntimeException | Error e) {
            folder.close();
            throw e;
        }
    }

    /** A frame must fit into a quarter of a block: what is mapped beyond a block's end. */
    private static long blockBytes(JournalConfig config, int maxBodyBytes) {
        long largest = Math.max(maxBodyBytes, config.maxOutputBytes()) + LARGEST_OVERHEAD_BYTES;
        long needed = Long.highestOneBit(4 * largest - 1) << 1;
        if (needed > LARGEST_BLOCK_BYTES) {
            throw new ConfigException(
                    "http.max-body-bytes",
                    maxBodyBytes,
                    "at most "
                            + (LARGEST_BLOCK_BYTES / 4 - LARGEST_OVERHEAD_BYTES)
                            + " while journal.enabled");
        }
        return Math.max(needed, config.blockBytes());
    }

    private static KnownRequests known(Path path, JournalConfig config) throws IOException {
        var known = new KnownRequests(config.repeatableRequests());
        if (config.repeatableRequests() > 0) {
            KnownRequestsReader.read(path, known);
        }
        return known;
    }

    private static SingleChronicleQueue queue(
            Path path, JournalConfig config, long blockBytes, TimeProvider rollClock) {
        // Preallocation and advice through jnr-ffi, which is not used here, costs 150 ms to load.
        PosixAPI.useNoOpPosixApi();
        SingleChronicleQueue queue =
                SingleChronicleQueueBuilder.binary(path)
                        .rollCycle(rollCycle(config))
                        .blockSize(blockBytes)
                        .timeProvider(rollClock)
                        .checkInterrupts(false)
                        .storeFileListener(ownerOnly())
                        .build();
        JournalFolder.ownerOnly(path.resolve("metadata.cq4t"));
        return queue;
    }

    private static RollCycle rollCycle(JournalConfig config) {
        return switch (config.rollCycle()) {
            case MINUTELY -> LegacyRollCycles.MINUTELY;
            case HOURLY -> RollCycles.FAST_HOURLY;
            case DAILY -> RollCycles.FAST_DAILY;
        };
    }

    private static StoreFileListener ownerOnly() {
        return new StoreFileListener() {
            @Override
            public void onAcquired(int cycle, java.io.File file) {
                JournalFolder.ownerOnly(file.toPath());
            }

            @Override
            public void onReleased(int cycle, java.io.File file) {}
        };
    }

    /**
     * A file that ends in what is no record, or that a power cut may have left with holes, is not
     * written to any more: the queue begins a new one behind it.
     *
     * @return what the run says about it; empty where the last file goes on
     */
    private static String setAside(JournalFolder folder, JournalTail tail) throws IOException {
        FileEnd.Torn torn = tail.torn();
        boolean already = JournalFolder.setAside(tail.last());
        if (already || (torn == null && !folder.machineWentDown())) {
            return "";
        }
        Path aside = folder.setAsideFile(tail.last());
        String name = String.valueOf(aside.getFileName());
        String where =
                torn == null
                        ? name + ", whole as far as can be seen"
                        : "%s from byte %d: %s".formatted(name, torn.position(), torn.what());
        LOG.warn(
                "journal: the last run did not end as it should ({}); this run begins a new file",
                where);
        return where;
    }

    private Journal begin(Supplier<EnvironmentRecord> environment, String setAside) {
        try {
            JournalAppender appender = appender();
            EnvironmentRecord facts = environment.get();
            byte[] text =
                    (setAside.isEmpty() ? facts : facts.with("journal.set-aside", setAside)).text();
            appender.scratch().putInt(JournalRecord.HEADER_BYTES, text.length);
            int composed = JournalRecord.HEADER_BYTES + 4;
            appender.append(
                    RecordType.ENVIRONMENT, 0, 0, composed, new UnsafeBuffer(text), text.length);
            if (!outage.problem().isEmpty()) {
                throw new JournalException(outage.problem());
            }
            folder.ownerOnly();
            appender.sync();
            return this;
        } catch (IOException e) {
            room.close();
            queue.close();
            throw new JournalException("journal in " + folder.path() + ": " + e, e);
        } catch (RuntimeException | Error e) {
            room.close();
            queue.close();
            throw e;
        }
    }

    /** For one thread. */
    JournalAppender appender() {
        return new JournalAppender(writer, outage, maxRecordBytes);
    }

    /** For {@code journal}: requests and cancels. Call once. */
    public EventHandler<RequestSlot> requestHandler() {
        JournalAppender appender = appender();
        return new JournalHandler(appender, new RequestRecording(appender), config.store());
    }

    /** For behind {@code batch}: what was decided about every request. Call once. */
    public EventHandler<RequestSlot> decisionHandler() {
        return new DecisionHandler(new RequestRecording(appender()), config.store());
    }

    @Override
    public RequestHandlers requestHandlers(boolean oneThread) {
        if (!oneThread) {
            return new RequestHandlers(requestHandler(), decisionHandler());
        }
        JournalAppender appender = appender();
        return new RequestHandlers(
                new JournalHandler(appender, null, config.store()),
                new DecisionHandler(new RequestRecording(appender), config.store()));
    }

    @Override
    public TurnJournal turnJournal() {
        return new StepJournal(appender());
    }

    /** Run {@link #recordedLane} beside it. */
    @Override
    public EventHandler<RequestSlot> repeatHandler() {
        return config.repeatableRequests() == 0
                ? NoJournal.nothingKnown()
                : new RepeatHandler(known);
    }

    /** The lane that answers them. */
    public Lane recordedLane(ReplyPublisher replies, NanoClock clock) {
        return new RecordedLane(folder.path(), replies, clock);
    }

    @Override
    public EventHandler<ReplySlot> replyHandler() {
        return new ReplyJournalHandler(appender(), config.maxOutputBytes(), config.store());
    }

    /** Why records cannot be written at this moment; empty where they can. Any thread. */
    public String problem() {
        return outage.problem();
    }

    /** Where it is. */
    public Path folder() {
        return folder.path();
    }

    /** Only when the stages that append have stopped. */
    @Override
    public void close() {
        recordGap();
        retention.close();
        room.close();
        writer.close();
        queue.close();
        closeSync();
        folder.close();
    }

    private void recordGap() {
        try {
            appender().recordGap();
        } catch (JournalException e) {
            LOG.error("journal: records are missing at the end of this run: {}", e.getMessage());
        }
    }

    private void closeSync() {
        if (sync == null) {
            return;
        }
        try {
            sync.close();
        } catch (IOException e) {
            throw new JournalException("journal in " + folder.path() + ": " + e, e);
        }
    }
}
