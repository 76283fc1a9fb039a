package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.RefusalEvent;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Route;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;

/**
 * One exchange, from its parsed head to the last byte of its answer; what {@link
 * RequestContext#exchange} holds. Runs on: the exchange's I/O thread, but for the fields that the
 * reply thread writes.
 */
final class HttpExchangeCall implements Runnable {
    /** Advice to a client that was refused because the server is full. */
    private static final int RETRY_AFTER_MILLIS = 1000;

    final HttpServerExchange exchange;
    final DoorThread thread;
    final DoorServices door;
    final long arrivalNanos;
    final long arrivalEpochNanos;
    final long requestId;
    final String clientRequestId;

    // ---- Written by: I/O thread, while it reads the request.

    Route route = Route.OPENAI_COMPLETIONS;

    /** Model and version of a KServe path, decoded. */
    @Nullable String model;

    @Nullable String version;

    /** KServe's Inference-Header-Content-Length; -1 where absent. */
    int inferenceHeaderLength = -1;

    /** The whole body, from 0 to {@link #bodyLength}, while it is copied into its slot. */
    @Nullable ByteBuffer body;

    int bodyLength;

    // ---- Written by: whoever answers (I/O thread or reply thread), before it hands over.

    final AnswerHead head = new AnswerHead();

    // ---- Written by: reply thread.

    /** The last word on this call was handed over: nothing to cancel any more. */
    volatile boolean ended;

    /** The client reads too slowly: nothing more is handed over. */
    boolean dropped;

    /** What was handed over and is not in the socket yet. Also written by: I/O thread. */
    final AtomicInteger unsentBytes = new AtomicInteger();

    // ---- Written by: I/O thread.

    /** The client, or the wish to serve it, is gone. Read by: reply thread. */
    volatile boolean gone;

    private final AnswerWriter writer;
    private final @Nullable DisconnectWatch watch;
    private final HttpRoutes routes;
    private @Nullable StreamSourceChannel requestChannel;
    private @Nullable BodyReader reader;
    private @Nullable RequestContext published;

    HttpExchangeCall(
            HttpServerExchange exchange, DoorThread thread, DoorServices door, HttpRoutes routes) {
        this.exchange = exchange;
        this.thread = thread;
        this.door = door;
        this.routes = routes;
        this.arrivalNanos = door.clock().nanoTime();
        this.arrivalEpochNanos = door.wallClock().nanoTime();
        this.requestId = door.publisher().nextRequestId();
        this.clientRequestId = ClientText.requestId(exchange, requestId);
        this.head.timed = exchange.getRequestHeaders().contains(AnswerTimings.ASKED);
        this.writer = new AnswerWriter(this);
        this.watch =
                exchange.getConnection() instanceof HttpServerConnection connection
                        ? DisconnectWatch.of(connection)
                        : null;
    }

    /** Begins to serve it; the exchange is this call's own from here on. */
    @Override
    public void run() {
        if (watch != null) {
            watch.begin(this);
        } else {
            // A reset HTTP/2 stream closes its sink and wakes whoever listens there.
            Connectors.getConduitSinkChannel(exchange)
                    .setWriteListener(sink -> {
                        if (!sink.isOpen()) {
                            gone();
                        }
                    });
        }
        try {
            routes.serve(this);
        } catch (RuntimeException e) {
            door.log().error("{} failed at the door", exchange, e);
            fail();
        }
    }

    /** Where the body is read; the same channel whenever it is asked for. */
    StreamSourceChannel requestChannel() {
        StreamSourceChannel channel = requestChannel;
        if (channel == null) {
            channel = exchange.getRequestChannel();
            requestChannel = channel;
        }
        return channel;
    }

    /** The body arrives in pieces: that reader is to be told when the client goes away. */
    void reading(@Nullable BodyReader reader) {
        this.reader = reader;
    }

    /** The request is about to enter the ring. */
    void publishing(RequestContext context) {
        published = context;
    }

    /** The request is in the ring: notice if its client goes away. */
    void watchClient() {
        if (watch != null) {
            watch.peek();
        }
    }

    // ---- Answers said at the door.

    void answer(int status, String contentType, byte[] body) {
        ended = true;
        head.status = status;
        head.contentType = contentType;
        head.contentLength = body.length;
        head.clientRequestId = clientRequestId;
        settleRequest();
        writer.add(
                door.replies().take(this, Reply.Kind.LAST, new UnsafeBuffer(body), 0, body.length),
                true);
        writer.pump();
    }

    void refuse(
            Route.Dialect dialect, RequestStatus status, String message, @Nullable String param) {
        RefusalEvent.atDoor(status);
        if (status.retryable()) {
            head.retryAfterMillis = RETRY_AFTER_MILLIS;
        }
        answer(
                status.httpStatus(),
                ReplySink.ContentType.JSON.value(),
                ErrorBodies.encode(dialect, status, message, param));
    }

    /** A request that is not wholly read cannot be followed by another on its connection. */
    private void settleRequest() {
        if (!exchange.isRequestComplete()) {
            writer.discardArrived();
        }
        if (!exchange.isRequestComplete() || door.draining().getAsBoolean()) {
            exchange.setPersistent(false);
        }
    }

    // ---- Answers of the reply thread.

    /**
     * Takes over what the reply thread asked for.
     *
     * @return whether there is something to write
     */
    boolean take(Reply reply) {
        Reply.Kind kind = reply.kind;
        if (gone) {
            door.replies().give(reply);
            return false;
        }
        if (kind == Reply.Kind.PART || kind == Reply.Kind.LAST) {
            writer.add(reply, kind == Reply.Kind.LAST);
            return true;
        }
        door.replies().give(reply);
        if (kind == Reply.Kind.ABORT) {
            fail();
        } else {
            slow();
        }
        return false;
    }

    void pump() {
        if (!gone) {
            writer.pump();
        }
    }

    /** The answer cannot be completed: says so where nothing was sent, else closes. */
    private void fail() {
        if (writer.untouched()) {
            refuse(routes.dialect(this), RequestStatus.INTERNAL, "internal error", null);
        } else {
            gone();
        }
    }

    /** The client does not read what is written for it. */
    void slow() {
        if (!gone) {
            door.counters().increment(Counter.SLOW_READERS_DROPPED);
            gone();
        }
    }

    // ---- The end.

    /** The answer is in the socket, the exchange over. */
    void sent() {
        if (watch != null) {
            watch.end(this);
        }
    }

    /** The connection or stream is gone, or given up: lets go of everything, cancels what runs. */
    void gone() {
        if (gone || writer.done()) {
            return;
        }
        gone = true;
        if (reader != null) {
            reader.abandon();
            reader = null;
        }
        RequestContext running = published;
        if (running != null && !ended) {
            door.publisher().cancel(running, requestId);
        }
        writer.discard();
        if (watch != null) {
            watch.end(this);
        }
        close();
    }

    /** Closes the connection; of HTTP/2, resets the stream alone. */
    void close() {
        if (watch != null) {
            IoUtils.safeClose(exchange.getConnection());
        } else {
            IoUtils.safeClose(Connectors.getConduitSinkChannel(exchange));
        }
    }
}
