package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TokenLogprobs;
import dev.millrace.ringbuffer.TurnJournal;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import net.openhft.chronicle.core.time.TimeProvider;
import org.agrona.concurrent.UnsafeBuffer;

/** One run of a server as its journal sees it: small rings, both handlers, clocks set by hand. */
final class Run implements AutoCloseable {
    static final int MAX_BODY_BYTES = 64 << 10;
    static final long WALL = 1_700_000_000_000_000_000L;
    static final EnvironmentRecord ENVIRONMENT =
            EnvironmentRecord.builder()
                    .put("build", "0.1.0")
                    .put("engine", "2.10.0")
                    .put("device", "cpu")
                    .put("engine-threads", "1")
                    .model(
                            new EnvironmentRecord.Model(
                                    "austen-2.8m", "1", "ab12", "generate", "float32", "cd34"))
                    .build();
    static final ModelEntry MODEL =
            new ModelEntry(
                    "austen-2.8m",
                    "1",
                    ModelKind.GENERATE,
                    0,
                    "safetensors_llama",
                    List.of(),
                    List.of(),
                    256,
                    2048,
                    new ModelEntry.BatchLimits(false, 1, 0, List.of()),
                    0,
                    "ab12");

    final Rings rings;
    final Journal journal;
    final Counters counters;
    final AtomicLong clock = new AtomicLong(1_000);
    final EventHandler<RequestSlot> requests;

    /** While true every record fails on its way to the file, at the last thing asked for. */
    volatile boolean full;

    final EventHandler<RequestSlot> decisions;
    final TurnJournal turns;
    final EventHandler<ReplySlot> replies;

    Run(Path folder) {
        this(folder, JournalConfig.RollCycle.HOURLY, SystemTimeProvider.INSTANCE);
    }

    Run(Path folder, JournalConfig.RollCycle rollCycle, TimeProvider rollClock) {
        this(config(folder, rollCycle, JournalConfig.Store.FULL), rollClock);
    }

    static JournalConfig config(
            Path folder, JournalConfig.RollCycle rollCycle, JournalConfig.Store store) {
        return config(folder, rollCycle, store, JournalConfig.Durability.PAGE_CACHE);
    }

    static JournalConfig config(
            Path folder,
            JournalConfig.RollCycle rollCycle,
            JournalConfig.Store store,
            JournalConfig.Durability durability) {
        return config(folder, rollCycle, store, durability, JournalConfig.OnFailure.REFUSE);
    }

    static JournalConfig config(
            Path folder,
            JournalConfig.RollCycle rollCycle,
            JournalConfig.Store store,
            JournalConfig.Durability durability,
            JournalConfig.OnFailure onFailure) {
        return new JournalConfig(
                true, folder.toString(), rollCycle, 1 << 20, 1024, store, durability, onFailure);
    }

    Run(JournalConfig config, TimeProvider rollClock) {
        this(config, rollClock, false);
    }

    Run(JournalConfig config, TimeProvider rollClock, boolean full) {
        this.full = full;
        rings = new Rings(new RingConfig(64, 512, 4, MAX_BODY_BYTES, 64, 256, 64), 0x1000);
        counters = rings.counters();
        journal =
                Journal.open(
                        config,
                        MAX_BODY_BYTES,
                        () -> ENVIRONMENT,
                        counters,
                        clock::incrementAndGet,
                        this::wallNanos,
                        rollClock);
        requests = journal.requestHandler();
        decisions = journal.decisionHandler();
        turns = journal.turnJournal();
        replies = journal.replyHandler();
    }

    private long wallNanos() {
        if (full) {
            throw new IllegalStateException("No space left on device");
        }
        return WALL + clock.get();
    }

    RequestContext context(Route route, String clientRequestId) {
        RequestContext context = new RequestContext(0);
        context.reset(rings.requestPublisher().nextRequestId(), route);
        context.clientRequestId = clientRequestId;
        context.stamps.begin(clock.incrementAndGet());
        context.arrivalEpochNanos = WALL + clock.get();
        context.callerId = 77;
        return context;
    }

    /** A completion request on record. */
    RequestContext request(String clientRequestId, String body) throws Exception {
        RequestContext context = context(Route.OPENAI_COMPLETIONS, clientRequestId);
        request(context, body.getBytes(StandardCharsets.UTF_8), slot -> {});
        return context;
    }

    void request(RequestContext context, byte[] body, Consumer<RequestSlot> more) throws Exception {
        RequestPublisher publisher = rings.requestPublisher();
        long sequence = publisher.tryClaim();
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        byte[] head =
                "POST /v1/completions HTTP/1.1\r\nhost: a\r\n".getBytes(StandardCharsets.US_ASCII);
        slot.head.buffer().putBytes(0, head);
        slot.head.length(head.length);
        if (!slot.body.reserve(body.length, rings.requestBuffers(), 1)) {
            throw new IllegalStateException("no large buffer");
        }
        slot.body.buffer().putBytes(0, body);
        slot.body.length(body.length);
        more.accept(slot);
        publisher.publish(sequence);
        requests.onEvent(slot, sequence, true);
        slot.body.release();
        if (slot.journalFailed) {
            throw new JournalException(journal.problem());
        }
    }

    void cancel(RequestContext context) throws Exception {
        RequestPublisher publisher = rings.requestPublisher();
        long sequence = publisher.tryClaim();
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.CANCEL, context);
        publisher.publish(sequence);
        requests.onEvent(slot, sequence, true);
    }

    /** What was decided about a request, as the last stage before the lanes sees it. */
    void decision(RequestContext context, Consumer<RequestSlot> more) throws Exception {
        RequestSlot slot = rings.requestPublisher().slot(0);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        more.accept(slot);
        decisions.onEvent(slot, 0, true);
    }

    /** A turn that took the request and computes {@code count} tokens of its first run. */
    void step(long number, RequestContext context, int count) {
        LaneTurn turn = new LaneTurn();
        turn.begin(0, number, clock.incrementAndGet(), false);
        turn.event(LaneTurn.Event.TAKEN, context.requestId);
        turn.entry(context.requestId, 0, 0, count, 0);
        if (!turns.append(turn)) {
            throw new IllegalStateException("the turn is not on record");
        }
    }

    /** One token with its digest. */
    void digested(RequestContext context, int id, int digest) throws Exception {
        reply(
                ReplySlot.Kind.TOKENS,
                context,
                8,
                slot -> {
                    slot.payload.buffer().putInt(0, id, ByteOrder.LITTLE_ENDIAN);
                    slot.payload.buffer().putInt(4, digest, ByteOrder.LITTLE_ENDIAN);
                    slot.count = 1;
                    slot.digests = true;
                });
    }

    void tokens(RequestContext context, boolean last, int... ids) throws Exception {
        reply(
                ReplySlot.Kind.TOKENS,
                context,
                4 * ids.length,
                slot -> {
                    for (int i = 0; i < ids.length; i++) {
                        slot.payload.buffer().putInt(4 * i, ids[i], ByteOrder.LITTLE_ENDIAN);
                    }
                    slot.count = ids.length;
                    slot.finish = last ? FinishReason.LENGTH : FinishReason.NONE;
                    slot.last = last;
                });
    }

    /**
     * Two tokens of a prompt, with one alternative each: the first has none, the second, of rank 3
     * and log probability -0.5, has token 7 with -0.25.
     */
    void prompt(RequestContext context, int first, int second) throws Exception {
        reply(
                ReplySlot.Kind.TOKENS,
                context,
                TokenLogprobs.bytes(2, 1),
                slot -> {
                    UnsafeBuffer payload = slot.payload.buffer();
                    payload.putInt(0, first, ByteOrder.LITTLE_ENDIAN);
                    payload.putInt(4, second, ByteOrder.LITTLE_ENDIAN);
                    int entry = TokenLogprobs.entry(2, 1, 0);
                    TokenLogprobs.put(payload, entry, Float.NaN, 0);
                    TokenLogprobs.putTop(payload, entry, 0, TokenLogprobs.NONE, 0);
                    entry = TokenLogprobs.entry(2, 1, 1);
                    TokenLogprobs.put(payload, entry, -0.5f, 3);
                    TokenLogprobs.putTop(payload, entry, 0, 7, -0.25f);
                    slot.count = 2;
                    slot.topLogprobs = 1;
                    slot.prompt = true;
                });
    }

    void failure(RequestContext context, RequestStatus status, String message) throws Exception {
        context.refuse(status, message, "prompt");
        reply(ReplySlot.Kind.FAILURE, context, 0, slot -> slot.last = true);
    }

    void reply(ReplySlot.Kind kind, RequestContext context, int bytes, Consumer<ReplySlot> more)
            throws Exception {
        long sequence = rings.replyPublisher().open(kind, context, bytes);
        ReplySlot slot = rings.replyPublisher().slot(sequence);
        more.accept(slot);
        rings.replyPublisher().publish(sequence);
        replies.onEvent(slot, sequence, true);
        slot.payload.release();
        if (context.broken) {
            context.broken = false;
            throw new JournalException(journal.problem());
        }
    }

    @Override
    public void close() {
        journal.close();
        rings.close();
    }
}
