package dev.millrace.ingress.http;

import dev.millrace.ingress.admission.Admission;
import dev.millrace.ingress.admission.Refusal;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSourceChannel;

/**
 * Bounded body to claimed slot, or a clear refusal; looks into no body. Runs on: the exchange's I/O
 * thread.
 *
 * <p>A body that is there whole is copied once on its way from the socket; one that does not fit a
 * slot is read into a large buffer that the slot takes over.
 */
final class RequestAdmitter implements Admission.Door<HttpExchangeCall> {
    private static final Refusal TOO_MANY_BODIES =
            new Refusal(
                    Counter.REFUSED_IN_FLIGHT,
                    RequestStatus.OVERLOADED,
                    "too many requests are being received");

    private final DoorServices door;
    private final ReplySink sink;
    private final Admission<HttpExchangeCall> admission;
    private final Refusal slowBody;

    RequestAdmitter(DoorServices door, Rings rings, ReplySink sink) {
        this.door = door;
        this.sink = sink;
        admission =
                new Admission<>(
                        rings, door.config().maxBodyBytes(), this, door.clock(), door.log());
        slowBody =
                new Refusal(
                        Counter.REFUSED_AT_DOOR,
                        RequestStatus.BODY_TIMEOUT,
                        "body did not arrive within " + door.config().bodyTimeoutMillis() + " ms");
    }

    /** The longest body that is taken. */
    int maxBodyBytes() {
        return admission.maxBodyBytes();
    }

    /** The longest body that needs no large buffer. */
    int slotBytes() {
        return admission.slotBytes();
    }

    /** Begins to read the call's request, which knows its route and path by then. */
    void admit(HttpExchangeCall call) {
        if (door.draining().getAsBoolean()) {
            admission.refuse(call, Refusal.DRAINING);
            return;
        }
        if (!HeaderCheck.accepts(call)) {
            return;
        }
        long length = HeaderCheck.contentLength(call.exchange);
        if (length > admission.maxBodyBytes()) {
            refuseTooLarge(call);
        } else if (HttpContinue.requiresContinueResponse(call.exchange)) {
            HttpContinue.sendContinueResponse(call.exchange, new Continued(call, length));
        } else {
            read(call, length);
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
        if (length > admission.slotBytes()) {
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
        if (toLarge && read.position() > admission.maxBodyBytes()) {
            refuseTooLarge(call);
            return;
        }
        var reader = new BodyReader(call, this);
        if (toLarge ? reader.beginLarge(read) : reader.beginSmall(read)) {
            reader.start();
        } else if (toLarge) {
            refuseNoLarge(call);
        } else {
            admission.refuse(call, TOO_MANY_BODIES);
        }
    }

    LargeBuffers.@Nullable Lease claimLarge() {
        return admission.claimLarge();
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
        call.body = body;
        call.bodyLength = length;
        boolean published = admission.publish(call, lease);
        call.body = null;
        if (published) {
            call.watchClient();
        }
    }

    @Override
    public void fill(RequestContext context, HttpExchangeCall call) {
        context.reset(call.requestId, call.route);
        context.sink = sink;
        context.exchange = call;
        context.clientRequestId = call.clientRequestId;
        context.traceparent = ClientText.traceparent(call.exchange);
        context.arrivalEpochNanos = call.arrivalEpochNanos;
        context.callerId = call.thread.callers.of(call.exchange);
        context.stamps.begin(call.arrivalNanos);
    }

    @Override
    public void entering(HttpExchangeCall call, RequestContext context) {
        call.publishing(context);
    }

    @Override
    public void fill(RequestSlot slot, HttpExchangeCall call, LargeBuffers.@Nullable Lease lease) {
        ByteBuffer body = call.body;
        if (lease != null) {
            slot.body.attach(lease, RequestPublisher.BODY_HOLDERS);
        } else if (body != null) {
            slot.body.buffer().putBytes(0, body, 0, call.bodyLength);
        }
        slot.body.length(call.bodyLength);
        slot.pathModel = call.model;
        slot.pathVersion = call.version;
        slot.inferenceHeaderLength = call.inferenceHeaderLength;
        RequestHead.write(call.exchange, call.thread.headScratch, slot.head);
    }

    // ---- Refusals.

    void refuseTooLarge(HttpExchangeCall call) {
        admission.refuseTooLarge(call);
    }

    void refuseNoLarge(HttpExchangeCall call) {
        admission.refuseNoLarge(call);
    }

    void refuseSlow(HttpExchangeCall call) {
        admission.refuse(call, slowBody);
    }

    @Override
    public void refuse(HttpExchangeCall call, RequestStatus status, String message) {
        call.refuse(call.route.dialect(), status, message, null);
    }
}
