package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.InFlight;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSourceChannel;

/**
 * Bounded body to claimed slot, or a clear refusal; looks into no body. Runs on: the exchange's I/O
 * thread.
 *
 * <p>A slot is claimed only when the whole body is at hand, and then filled and published without a
 * pause: a claimed slot that is not published stops the ring. A body that is there whole is copied
 * once on its way from the socket; one that does not fit a slot is read into a large buffer that
 * the slot takes over.
 */
final class RequestAdmitter {
    /** No length given: chunked, or HTTP/2 without a content-length. */
    private static final long UNKNOWN_LENGTH = -1;

    private final DoorServices door;
    private final RequestPublisher publisher;
    private final InFlight inFlight;
    private final LargeBuffers large;
    private final ReplySink sink;
    private final int slotBytes;
    private final int maxBodyBytes;

    RequestAdmitter(DoorServices door, Rings rings, int slotBytes, ReplySink sink) {
        this.door = door;
        this.publisher = rings.requestPublisher();
        this.inFlight = rings.inFlight();
        this.large = rings.requestBuffers();
        this.sink = sink;
        this.slotBytes = slotBytes;
        this.maxBodyBytes =
                Math.min(door.config().maxBodyBytes(), Math.max(slotBytes, large.bufferBytes()));
    }

    /** The longest body that is taken. */
    int maxBodyBytes() {
        return maxBodyBytes;
    }

    /** Begins to read the call's request, which knows its route and path by then. */
    void admit(HttpExchangeCall call) {
        if (door.draining().getAsBoolean()) {
            refuse(
                    call,
                    Counter.REFUSED_DRAINING,
                    RequestStatus.DRAINING,
                    "server is shutting down");
            return;
        }
        if (!plainBody(call)
                || !inferenceHeaderLength(call)
                || !plainKey(call, RequestHead.IDEMPOTENCY_KEY)
                || !plainKey(call, RequestHead.LAST_EVENT_ID)) {
            return;
        }
        long length = contentLength(call.exchange);
        if (length > maxBodyBytes) {
            refuseTooLarge(call);
        } else if (HttpContinue.requiresContinueResponse(call.exchange)) {
            HttpContinue.sendContinueResponse(call.exchange, new Continued(call, length));
        } else {
            read(call, length);
        }
    }

    /** A compressed body would be recorded, and refused, as broken JSON. */
    private boolean plainBody(HttpExchangeCall call) {
        String encoding = call.exchange.getRequestHeaders().getFirst(Headers.CONTENT_ENCODING);
        if (encoding == null || encoding.isBlank() || encoding.equalsIgnoreCase("identity")) {
            return true;
        }
        door.counters().increment(Counter.REFUSED_AT_DOOR);
        call.refuse(
                call.route.dialect(),
                RequestStatus.UNSUPPORTED_ENCODING,
                "header Content-Encoding is '" + encoding + "'; expected identity, or no header",
                "Content-Encoding");
        return false;
    }

    private boolean inferenceHeaderLength(HttpExchangeCall call) {
        String value =
                call.exchange.getRequestHeaders().getFirst(RequestHead.INFERENCE_HEADER_LENGTH);
        if (value == null) {
            return true;
        }
        try {
            call.inferenceHeaderLength = Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            call.inferenceHeaderLength = -1;
        }
        if (call.inferenceHeaderLength < 0) {
            door.counters().increment(Counter.REFUSED_AT_DOOR);
            call.refuse(
                    call.route.dialect(),
                    RequestStatus.INVALID,
                    "header Inference-Header-Content-Length is '"
                            + value
                            + "'; expected the number of bytes of JSON at the start of the body",
                    "Inference-Header-Content-Length");
            return false;
        }
        return true;
    }

    /** A key that could not be kept as it is would make one of two different requests. */
    private boolean plainKey(HttpExchangeCall call, HttpString name) {
        HeaderValues values = call.exchange.getRequestHeaders().get(name);
        if (values == null
                || (values.size() == 1
                        && ClientText.visible(values.getFirst(), RequestHead.MAX_KEY_CHARS))) {
            return true;
        }
        door.counters().increment(Counter.REFUSED_AT_DOOR);
        String title =
                name.equals(RequestHead.IDEMPOTENCY_KEY) ? "Idempotency-Key" : "Last-Event-ID";
        call.refuse(
                call.route.dialect(),
                RequestStatus.INVALID,
                "header "
                        + title
                        + ": expected one value of 1 to "
                        + RequestHead.MAX_KEY_CHARS
                        + " visible ASCII characters, got "
                        + (values.size() == 1
                                ? "one of " + values.getFirst().length() + " characters"
                                : values.size() + " values"),
                title);
        return false;
    }

    private static long contentLength(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        String value = headers.getFirst(Headers.CONTENT_LENGTH);
        if (value == null || headers.contains(Headers.TRANSFER_ENCODING)) {
            return UNKNOWN_LENGTH;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException digitsBeyondLong) {
            return Long.MAX_VALUE;
        }
    }

    /** The client waits for a word before it sends its body. */
    private final class Continued implements IoCallback {
        private final HttpExchangeCall call;
        private final long length;

        Continued(HttpExchangeCall call, long length) {
            this.call = call;
            this.length = length;
        }

        @Override
        public void onComplete(HttpServerExchange exchange, Sender sender) {
            // Undertow calls back from a worker where the word could not be written at once.
            if (call.thread.ioThread == Thread.currentThread()) {
                read(call, length);
            } else {
                call.thread.ioThread.execute(() -> read(call, length));
            }
        }

        @Override
        public void onException(HttpServerExchange exchange, Sender sender, IOException e) {
            call.thread.ioThread.execute(call::gone);
        }
    }

    private void read(HttpExchangeCall call, long length) {
        ByteBuffer scratch = call.thread.readScratch.clear();
        if (length > slotBytes) {
            readOn(call, scratch, true);
            return;
        }
        StreamSourceChannel channel = call.requestChannel();
        int bytes = 1;
        try {
            while (bytes > 0 && scratch.hasRemaining()) {
                bytes = channel.read(scratch);
            }
        } catch (IOException truncated) {
            call.gone();
            return;
        }
        if (bytes < 0) {
            publish(call, null, scratch, scratch.position());
        } else {
            readOn(call, scratch, !scratch.hasRemaining());
        }
    }

    private void readOn(HttpExchangeCall call, ByteBuffer read, boolean toLarge) {
        if (toLarge && read.position() > maxBodyBytes) {
            refuseTooLarge(call);
            return;
        }
        var reader = new BodyReader(call, this);
        if (toLarge ? reader.beginLarge(read) : reader.beginSmall(read)) {
            reader.start();
        } else if (toLarge) {
            refuseNoLarge(call);
        } else {
            refuse(
                    call,
                    Counter.REFUSED_IN_FLIGHT,
                    RequestStatus.OVERLOADED,
                    "too many requests are being received");
        }
    }

    LargeBuffers.@Nullable Lease claimLarge() {
        return large.claim(maxBodyBytes);
    }

    // ---- The whole body is at hand.

    /**
     * Puts the request into the ring, or refuses it.
     *
     * @param lease holds the body, and is taken over; null where {@code body} does
     * @param body holds the body from 0 to {@code length}; only read before this returns
     */
    void publish(
            HttpExchangeCall call,
            LargeBuffers.@Nullable Lease lease,
            ByteBuffer body,
            int length) {
        RequestContext context = inFlight.claim();
        if (context == null) {
            release(lease);
            refuse(
                    call,
                    Counter.REFUSED_IN_FLIGHT,
                    RequestStatus.OVERLOADED,
                    "too many requests in flight; at most " + inFlight.capacity());
            return;
        }
        fill(context, call);
        long sequence = publisher.tryClaim();
        if (sequence == RequestPublisher.FULL) {
            inFlight.release(context);
            release(lease);
            refuse(
                    call,
                    Counter.REFUSED_RING_FULL,
                    RequestStatus.OVERLOADED,
                    "the request ring is full");
            return;
        }
        call.publishing(context);
        RequestSlot slot = publisher.slot(sequence);
        try {
            slot.reset(RequestSlot.Kind.REQUEST, context);
            fill(slot, call, lease, body, length);
        } catch (RuntimeException e) {
            door.log().error("request {} could not be put into its slot", call.requestId, e);
            context.refuse(RequestStatus.INTERNAL, "internal error at the door", null);
        } finally {
            context.stamps.done(Stage.DOOR, door.clock().nanoTime());
            publisher.publish(sequence);
        }
        call.watchClient();
    }

    private void fill(RequestContext context, HttpExchangeCall call) {
        context.reset(call.requestId, call.route);
        context.sink = sink;
        context.exchange = call;
        context.clientRequestId = call.clientRequestId;
        context.traceparent = ClientText.traceparent(call.exchange);
        context.arrivalEpochNanos = call.arrivalEpochNanos;
        context.callerId = call.thread.callers.of(call.exchange);
        context.stamps.begin(call.arrivalNanos);
    }

    private static void fill(
            RequestSlot slot,
            HttpExchangeCall call,
            LargeBuffers.@Nullable Lease lease,
            ByteBuffer body,
            int length) {
        if (lease != null) {
            slot.body.attach(lease, RequestPublisher.BODY_HOLDERS);
        } else {
            slot.body.buffer().putBytes(0, body, 0, length);
        }
        slot.body.length(length);
        slot.pathModel = call.model;
        slot.pathVersion = call.version;
        slot.inferenceHeaderLength = call.inferenceHeaderLength;
        RequestHead.write(call.exchange, call.thread.headScratch, slot.head);
    }

    private static void release(LargeBuffers.@Nullable Lease lease) {
        if (lease != null) {
            lease.release();
        }
    }

    // ---- Refusals.

    void refuseTooLarge(HttpExchangeCall call) {
        refuse(
                call,
                Counter.REFUSED_AT_DOOR,
                RequestStatus.TOO_LARGE,
                "body is longer than " + maxBodyBytes + " bytes");
    }

    void refuseNoLarge(HttpExchangeCall call) {
        refuse(
                call,
                Counter.REFUSED_LARGE_BUFFERS,
                RequestStatus.OVERLOADED,
                "no buffer is free for a body of more than " + slotBytes + " bytes");
    }

    void refuseSlow(HttpExchangeCall call) {
        refuse(
                call,
                Counter.REFUSED_AT_DOOR,
                RequestStatus.BODY_TIMEOUT,
                "body did not arrive within " + door.config().bodyTimeoutMillis() + " ms");
    }

    private void refuse(
            HttpExchangeCall call, Counter counter, RequestStatus status, String message) {
        door.counters().increment(counter);
        Route.Dialect dialect = call.route.dialect();
        call.refuse(dialect, status, message, null);
    }
}
