package dev.millrace.tools.bench.ring;

import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts requests for {@link NullModel} into the request ring where a door would: as many as are
 * answered, with a bounded number in flight. Owned by the thread that runs it.
 *
 * <p>As a door's I/O thread it also runs what it is asked to, between two batches and where it
 * would wait: the stages, under the plan {@code run-to-completion}.
 */
final class RingLoad implements Executor {
    private static final int BATCH = 64;

    private static final long FULL_NANOS = 20_000;

    private final Rings rings;
    private final AnswerClock answers;
    private final int bodyBytes;
    private final UnsafeBuffer head;
    private final UnsafeBuffer body;
    private final AtomicReference<@Nullable Runnable> asked = new AtomicReference<>();

    RingLoad(Rings rings, AnswerClock answers, int bodyBytes) {
        this.rings = rings;
        this.answers = answers;
        this.bodyBytes = bodyBytes;
        head = new UnsafeBuffer(head(bodyBytes).getBytes(StandardCharsets.ISO_8859_1));
        body = new UnsafeBuffer(new byte[bodyBytes]);
    }

    private static String head(int bodyBytes) {
        return "POST /v2/models/null/infer HTTP/1.1\r\n"
                + "content-type: application/octet-stream\r\n"
                + "content-length: "
                + bodyBytes
                + "\r\ninference-header-content-length: 0\r\n";
    }

    /** Publishes until the time is over. */
    void run(long untilNanos) {
        while (System.nanoTime() - untilNanos < 0) {
            for (int i = 0; i < BATCH; i++) {
                publish();
            }
            runAsked();
        }
    }

    /** Any thread. One task at most is asked for at a time. */
    @Override
    public void execute(Runnable task) {
        asked.set(task);
    }

    /** Whether there was something to run. */
    boolean runAsked() {
        Runnable task = asked.get();
        if (task == null) {
            return false;
        }
        asked.set(null);
        task.run();
        return true;
    }

    private void await() {
        if (!runAsked()) {
            // The CPU is the stages' meanwhile.
            LockSupport.parkNanos(FULL_NANOS);
        }
    }

    /** Publishes that many. */
    void publish(int requests) {
        for (int i = 0; i < requests; i++) {
            publish();
        }
    }

    /** Returns when everything that was published has its answer. */
    void settle() {
        while (rings.inFlight().count() > 0) {
            await();
        }
    }

    private void publish() {
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = rings.inFlight().claim();
        while (context == null) {
            await();
            context = rings.inFlight().claim();
        }
        long now = System.nanoTime();
        context.reset(publisher.nextRequestId(), Route.KSERVE_INFER);
        context.sink = answers;
        context.stamps.begin(now);
        answers.sent(context.index, now);
        long sequence = publisher.tryClaim();
        while (sequence == RequestPublisher.FULL) {
            await();
            sequence = publisher.tryClaim();
        }
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.head.buffer().putBytes(0, head, 0, head.capacity());
        slot.head.length(head.capacity());
        slot.body.buffer().putBytes(0, body, 0, bodyBytes);
        slot.body.length(bodyBytes);
        slot.pathModel = NullModel.NAME;
        slot.inferenceHeaderLength = 0;
        context.stamps.done(Stage.DOOR, System.nanoTime());
        publisher.publish(sequence);
    }
}
