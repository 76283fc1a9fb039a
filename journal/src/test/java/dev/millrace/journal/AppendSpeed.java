package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import com.sun.management.ThreadMXBean;
import dev.millrace.config.JournalConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.TurnJournal;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.SystemNanoClock;

/**
 * CPU of the thread that puts requests of a null model on record, one pass of the stages after
 * another, and nothing else: {@code AppendSpeed FOLDER REQUESTS-A-PASS}. docs/journal-profile.md
 * has the command.
 */
final class AppendSpeed {
    private static final int BODY_BYTES = 128;
    private static final int BURST = 1024;
    private static final int BURSTS = 1000;
    private static final long PAUSE_NANOS = 4_000_000;
    private static final String HEAD =
            """
            POST /v2/models/null/infer HTTP/1.1\r
            content-type: application/octet-stream\r
            content-length: 128\r
            inference-header-content-length: 0\r
            """;
    private static final ModelEntry MODEL =
            new ModelEntry(
                    "null",
                    "1",
                    ModelKind.TENSOR,
                    0,
                    "null",
                    List.of(),
                    List.of(),
                    0,
                    0,
                    new ModelEntry.BatchLimits(true, 1 << 16, 0, List.of()),
                    0,
                    "");
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Rings rings;
    private final EventHandler<RequestSlot> requests;
    private final EventHandler<RequestSlot> decisions;
    private final EventHandler<RequestSlot> repeats;
    private final TurnJournal turns;
    private final EventHandler<ReplySlot> replies;
    private final RequestSlot[] slots;
    private final ReplySlot[] answers;
    private final LaneTurn turn = new LaneTurn();
    private long passes;

    private AppendSpeed(Rings rings, Journal journal, int pass) {
        this.rings = rings;
        Recorder.RequestHandlers handlers = journal.requestHandlers(true);
        requests = handlers.requests();
        decisions = handlers.decisions();
        repeats = journal.repeatHandler();
        turns = journal.turnJournal();
        replies = journal.replyHandler();
        slots = new RequestSlot[pass];
        answers = new ReplySlot[pass];
        for (int i = 0; i < pass; i++) {
            fill(i);
        }
    }

    private void fill(int i) {
        var context = new RequestContext(i);
        context.reset(rings.requestPublisher().nextRequestId(), Route.KSERVE_INFER);
        context.model = MODEL;
        slots[i] = rings.requestPublisher().slot(rings.requestPublisher().tryClaim());
        RequestSlot slot = slots[i];
        slot.reset(RequestSlot.Kind.REQUEST, context);
        byte[] head = HEAD.getBytes(StandardCharsets.ISO_8859_1);
        slot.head.buffer().putBytes(0, head);
        slot.head.length(head.length);
        slot.body.length(BODY_BYTES);
        slot.pathModel = "null";
        answers[i] =
                rings.replyPublisher()
                        .slot(
                                rings.replyPublisher()
                                        .open(ReplySlot.Kind.TENSOR, context, BODY_BYTES));
        ReplySlot answer = answers[i];
        answer.tensor.name = "OUTPUT__0";
        answer.tensor.datatype = Datatype.FP32;
        answer.tensor.rank = 2;
        answer.count = BODY_BYTES;
        answer.last = true;
    }

    private void pass() throws Exception {
        int last = slots.length - 1;
        turn.begin(0, passes++, System.nanoTime(), false);
        for (int i = 0; i <= last; i++) {
            requests.onEvent(slots[i], i, i == last);
        }
        for (int i = 0; i <= last; i++) {
            repeats.onEvent(slots[i], i, i == last);
            decisions.onEvent(slots[i], i, i == last);
            turn.event(LaneTurn.Event.TAKEN, slots[i].requestId);
            turn.entry(slots[i].requestId, 0, 0, 1, 0);
        }
        if (!turns.append(turn)) {
            throw new IllegalStateException("the turn is not on record");
        }
        for (int i = 0; i <= last; i++) {
            replies.onEvent(answers[i], i, i == last);
        }
    }

    /** CPU of a request, where disk and memory have time to follow. */
    private double burst() throws Exception {
        LockSupport.parkNanos(PAUSE_NANOS);
        long cpu = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < BURST / slots.length; i++) {
            pass();
        }
        return (double) (THREADS.getCurrentThreadCpuTime() - cpu) / BURST;
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int pass = Integer.parseInt(args[1]);
        JournalConfig config =
                new JournalConfig(
                        true,
                        folder.toString(),
                        JournalConfig.RollCycle.HOURLY,
                        64 << 20,
                        64 << 10,
                        JournalConfig.Store.FULL,
                        JournalConfig.Durability.PAGE_CACHE,
                        JournalConfig.OnFailure.REFUSE);
        Rings rings = new Rings(RingConfig.defaults(), 1);
        try (Journal journal =
                Journal.open(
                        config,
                        1 << 20,
                        () -> Run.ENVIRONMENT,
                        rings.counters(),
                        SystemNanoClock.INSTANCE)) {
            var speed = new AppendSpeed(rings, journal, pass);
            double[] nanos = new double[BURSTS];
            for (int i = -BURSTS; i < BURSTS; i++) {
                nanos[Math.max(i, 0)] = speed.burst();
            }
            double mean = Arrays.stream(nanos).average().orElseThrow();
            Arrays.sort(nanos);
            System.out.printf(
                    Locale.ROOT,
                    "%d a pass: %.0f ns of CPU a request, p10 %.0f, p50 %.0f, p90 %.0f; %d bytes%n",
                    pass,
                    mean,
                    nanos[BURSTS / 10],
                    nanos[BURSTS / 2],
                    nanos[BURSTS * 9 / 10],
                    rings.counters().get(Counter.JOURNAL_BYTES) / (pass * speed.passes));
        } finally {
            rings.close();
        }
    }
}
