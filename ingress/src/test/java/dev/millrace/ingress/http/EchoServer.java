package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.HttpConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.Health;
import dev.millrace.ringbuffer.ModelCatalog;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.Pipeline;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.ringbuffer.TensorSpec;
import dev.millrace.ringbuffer.ThreadPlan;
import dev.millrace.ringbuffer.TurnJournal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A door in front of real rings and an {@link EchoLane}; on close it checks that nothing is left.
 */
public final class EchoServer implements AutoCloseable {
    public static final HttpConfig HTTP =
            new HttpConfig("127.0.0.1", 0, 1, 1 << 20, 8192, 50, 1_000, 5_000, 256 << 10);
    static final RingConfig RING = new RingConfig(8, 1024, 2, 1 << 20, 64, 512, 16);

    final Rings rings;
    final EchoLane lane;
    final HttpDoor door;
    volatile boolean ready = true;
    private final Pipeline pipeline;

    public EchoServer() throws IOException {
        this(HTTP, RING);
    }

    EchoServer(HttpConfig http, RingConfig ring) throws IOException {
        rings = new Rings(ring, 1);
        lane = new EchoLane(rings.replyPublisher());
        var handlers =
                new StageHandlers(
                        (slot, sequence, end) -> {},
                        (slot, sequence, end) -> slot.lane = EchoLane.INDEX,
                        (slot, sequence, end) -> {},
                        (slot, sequence, end) -> {},
                        (slot, sequence, end) -> {},
                        (slot, sequence, end) -> {},
                        (slot, sequence, end) -> reply(slot, end),
                        (slot, sequence, end) -> {
                            if (slot.last) {
                                rings.inFlight().release(slot.context());
                            }
                        });
        pipeline =
                new Pipeline(
                        rings,
                        handlers,
                        ThreadPlan.of(ThreadsConfig.defaults(), 2, 1, 1),
                        SystemNanoClock.INSTANCE);
        pipeline.start();
        pipeline.addLane(lane, TurnJournal.NONE);
        door =
                HttpDoor.start(
                        http,
                        rings,
                        new Catalog(),
                        new AlwaysLive(),
                        () -> "millrace_up 1\n",
                        new SystemEpochNanoClock(),
                        SystemNanoClock.INSTANCE,
                        "1.2.3");
    }

    private static void reply(ReplySlot slot, boolean end) {
        RequestContext context = slot.context();
        ReplySink sink = Objects.requireNonNull(context.sink);
        switch (slot.kind) {
            case TENSOR ->
                    sink.answer(
                            context,
                            200,
                            ReplySink.ContentType.OCTET_STREAM,
                            -1,
                            slot.payload.buffer(),
                            0,
                            slot.payload.length());
            case FAILURE -> fail(context, sink);
            default -> {
                if (!context.headSent) {
                    context.headSent = true;
                    sink.beginStream(context, ReplySink.ContentType.EVENT_STREAM);
                }
                sink.stream(context, slot.payload.buffer(), 0, slot.payload.length());
                if (slot.last) {
                    sink.endStream(context);
                }
            }
        }
        // A run may end on a slot that another handler keeps back: flush on each.
        if (end || slot.last) {
            sink.flush();
        }
    }

    private static void fail(RequestContext context, ReplySink sink) {
        if (context.status == RequestStatus.CANCELLED) {
            sink.abort(context);
            return;
        }
        byte[] body =
                ErrorBodies.encode(
                        context.route.dialect(), context.status, context.errorMessage, null);
        sink.answer(
                context,
                context.status.httpStatus(),
                ReplySink.ContentType.JSON,
                -1,
                new UnsafeBuffer(body),
                0,
                body.length);
    }

    public Rings rings() {
        return rings;
    }

    /** Requests that their client ended. */
    public int cancelled() {
        return lane.cancelled.size();
    }

    int port() {
        return door.port();
    }

    public long count(Counter counter) {
        return rings.counters().get(counter);
    }

    public void awaitQuiet() {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> {
                    assertThat(rings.inFlight().count()).isZero();
                    assertThat(rings.requestBuffers().inUse()).isZero();
                    assertThat(rings.replyBuffers().inUse()).isZero();
                    assertThat(door.unsentBytes()).isZero();
                });
    }

    @Override
    public void close() {
        lane.taking = true;
        lane.releaseHeld = true;
        try {
            awaitQuiet();
        } finally {
            door.close();
            pipeline.close();
            rings.close();
        }
        await().untilAsserted(() ->
                assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("door")));
    }

    private static final class Catalog implements ModelCatalog {
        private final List<ModelEntry> models =
                List.of(
                        entry("mnist", ModelKind.TENSOR, 0),
                        entry("org/story teller", ModelKind.GENERATE, 512));

        private static ModelEntry entry(String name, ModelKind kind, int contextTokens) {
            boolean tensors = kind == ModelKind.TENSOR;
            return new ModelEntry(
                    name,
                    "1",
                    kind,
                    0,
                    tensors ? "pytorch_libtorch" : "safetensors_llama",
                    tensors
                            ? List.of(new TensorSpec("INPUT__0", Datatype.FP32, List.of(-1L, 784L)))
                            : List.of(),
                    tensors ? List.of(new TensorSpec("OUTPUT__0", null, List.of())) : List.of(),
                    contextTokens,
                    contextTokens,
                    new ModelEntry.BatchLimits(tensors, 8, 0, List.of()),
                    1_700_000_000L,
                    "00");
        }

        @Override
        public @Nullable ModelEntry find(String name) {
            return models.stream().filter(m -> m.name().equals(name)).findFirst().orElse(null);
        }

        @Override
        public List<ModelEntry> all() {
            return models;
        }
    }

    private final class AlwaysLive implements Health {
        @Override
        public boolean live() {
            return true;
        }

        @Override
        public boolean ready() {
            return ready;
        }

        @Override
        public String detail() {
            return ready ? "" : "loading";
        }
    }
}
