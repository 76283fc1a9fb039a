package dev.millrace.ingress.aeron;

import dev.millrace.config.HttpConfig;
import dev.millrace.ingress.admission.Admission;
import dev.millrace.ingress.admission.Refusal;
import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.ReplyFrame;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.RefusalEvent;
import dev.millrace.ringbuffer.ReplySink.ContentType;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A whole message to a claimed slot, or a clear refusal; looks into no body, which is copied once.
 * Runs on: the door's thread.
 */
final class FrameAdmitter implements Admission.Door<Message> {
    private static final int RETRY_AFTER_MILLIS = 1000;
    private static final Refusal TOO_MANY_BODIES =
            new Refusal(
                    Counter.REFUSED_LARGE_BUFFERS,
                    RequestStatus.OVERLOADED,
                    "too many long messages are being received");

    private final Admission<Message> admission;
    private final RequestPublisher publisher;
    private final Counters counters;
    private final AeronReplySink sink;
    private final NanoClock clock;
    private final EpochNanoClock wallClock;
    private final int streamBufferBytes;
    private final FrameCheck check;
    private final FrameTexts texts = new FrameTexts();
    private final AeronCall[] calls;
    private final UnsafeBuffer header = new UnsafeBuffer(new byte[ReplyFrame.HEADER_BYTES]);
    private volatile boolean draining;

    FrameAdmitter(
            Rings rings,
            HttpConfig limits,
            AeronReplySink sink,
            NanoClock clock,
            EpochNanoClock wallClock,
            Logger log) {
        this.publisher = rings.requestPublisher();
        this.counters = rings.counters();
        this.sink = sink;
        this.clock = clock;
        this.wallClock = wallClock;
        admission = new Admission<>(rings, limits.maxBodyBytes(), this, clock, log);
        streamBufferBytes = limits.streamBufferBytes();
        check = new FrameCheck(admission.maxBodyBytes());
        calls = new AeronCall[rings.inFlight().capacity()];
    }

    /** The longest body that is taken. */
    int maxBodyBytes() {
        return admission.maxBodyBytes();
    }

    /** From here on requests get 503. Any thread. */
    void drain() {
        draining = true;
    }

    /** Takes a whole message. */
    void accept(Message message) {
        if (message.length < Frame.MIN_BYTES) {
            counters.increment(Counter.MESSAGES_DROPPED);
        } else if (message.version() != Frame.VERSION) {
            check.refuse("version", "version: expected 1, got " + (message.version() & 0xFF));
            refuseFault(message);
        } else if (message.type() == Frame.CANCEL) {
            cancel(message);
        } else if (message.type() != Frame.REQUEST) {
            check.refuse("type", "type: expected 1 or 2, got " + (message.type() & 0xFF));
            refuseFault(message);
        } else if (!check.accepts(message.buffer, message.at, message.length)) {
            refuseFault(message);
        } else {
            admit(message);
        }
    }

    /**
     * The message was cut where it went beyond its bounds.
     *
     * @param tooLong whether no message may have its length; else memory was short
     */
    void acceptCut(Message message, boolean tooLong) {
        if (message.length < Frame.MIN_BYTES) {
            counters.increment(Counter.MESSAGES_DROPPED);
        } else if (tooLong) {
            admission.refuseTooLarge(message);
        } else {
            admission.refuse(message, TOO_MANY_BODIES);
        }
    }

    private void admit(Message message) {
        if (draining) {
            admission.refuse(message, Refusal.DRAINING);
            return;
        }
        AeronCall running = message.session.running.get(message.correlation());
        if (running != null && !running.ended) {
            check.refuse("correlation id", "correlation id: a request that runs has the same");
            refuseFault(message);
            return;
        }
        LargeBuffers.Lease lease = null;
        if (message.bodyLength() > admission.slotBytes()) {
            lease = admission.claimLarge();
            if (lease == null) {
                admission.refuseNoLarge(message);
                return;
            }
        }
        admission.publish(message, lease);
    }

    @Override
    public void fill(RequestContext context, Message message) {
        // Its last request may have ended a moment ago.
        collectEnded();
        AeronCall call = calls[context.index];
        if (call == null) {
            call = new AeronCall(context, message.session);
            calls[context.index] = call;
        }
        long now = clock.nanoTime();
        long requestId = publisher.nextRequestId();
        Route route = message.route();
        context.reset(requestId, route == null ? Route.OPENAI_COMPLETIONS : route);
        call.begin(message.session, message.correlation(), requestId);
        context.sink = sink;
        context.exchange = call;
        context.clientRequestId = FrameTexts.text(message.buffer, message.at, TextField.REQUEST_ID);
        context.traceparent = FrameTexts.text(message.buffer, message.at, TextField.TRACEPARENT);
        context.arrivalEpochNanos = wallClock.nanoTime();
        context.callerId = texts.caller(message.session, message.buffer, message.at);
        context.stamps.begin(now);
    }

    @Override
    public void entering(Message message, RequestContext context) {
        message.session.running.put(message.correlation(), calls[context.index]);
        message.session.open++;
    }

    @Override
    public void fill(RequestSlot slot, Message message, LargeBuffers.@Nullable Lease lease) {
        DirectBuffer from = message.buffer;
        int at = message.at;
        Route route = slot.context().route;
        if (lease != null) {
            slot.body.attach(lease, RequestPublisher.BODY_HOLDERS);
        }
        slot.body.buffer().putBytes(0, from, message.bodyOffset(), message.bodyLength());
        slot.body.length(message.bodyLength());
        if (route == Route.KSERVE_INFER) {
            slot.pathModel = FrameTexts.model(message.session, from, at);
            if (RequestFrame.textLength(from, at, TextField.MODEL_VERSION) > 0) {
                slot.pathVersion = FrameTexts.text(from, at, TextField.MODEL_VERSION);
            }
            slot.inferenceHeaderLength = RequestFrame.inferenceHeaderLength(from, at);
        }
        AeronHead.write(from, at, route, slot.head);
    }

    // ---- Ends.

    private void cancel(Message message) {
        AeronCall call = message.session.running.get(message.correlation());
        if (call != null && !call.ended) {
            cancel(call);
        }
    }

    private void cancel(AeronCall call) {
        call.cancelled = true;
        publisher.cancel(call.context, call.requestId);
    }

    /** The client is gone: nothing of it need be computed. */
    void cancelAll(AeronSession session) {
        for (AeronCall call : session.running.values()) {
            if (!call.ended && !call.cancelled) {
                cancel(call);
            }
        }
    }

    /** Forgets the calls whose last frame was sent; returns how many. */
    int collectEnded() {
        int count = 0;
        for (AeronCall call = sink.ended(); call != null; call = sink.ended()) {
            AeronSession session = call.session;
            session.open--;
            if (session.running.get(call.correlation) == call) {
                session.running.remove(call.correlation);
            }
            count++;
        }
        return count;
    }

    // ---- Refusals.

    /** For what {@link #check} found. */
    private void refuseFault(Message message) {
        if (check.status() == RequestStatus.TOO_LARGE) {
            admission.refuseTooLarge(message);
        } else {
            counters.increment(Counter.REFUSED_AT_DOOR);
            refuse(message, check.status(), check.message(), check.field());
        }
    }

    @Override
    public void refuse(Message message, RequestStatus status, String why) {
        refuse(message, status, why, null);
    }

    private void refuse(Message message, RequestStatus status, String why, @Nullable String field) {
        RefusalEvent.atDoor(status);
        AeronSession session = message.session;
        if (session.backlog.bytes() > streamBufferBytes) {
            // It sends what is refused, and does not read why.
            session.lose();
            return;
        }
        Route route = message.route();
        Route.Dialect dialect = route == null ? Route.Dialect.OPENAI : route.dialect();
        byte[] body = ErrorBodies.encode(dialect, status, why, field);
        ReplyFrame.write(
                header,
                Frame.REFUSED,
                message.correlation(),
                status.httpStatus(),
                ContentType.JSON,
                -1,
                status.retryable() ? RETRY_AFTER_MILLIS : 0,
                body.length);
        session.send(header, new UnsafeBuffer(body), 0, body.length, true);
    }
}
