package dev.millrace.ingress.aeron;

import dev.millrace.config.HttpConfig;
import dev.millrace.ingress.aeron.frame.Frame;
import dev.millrace.ingress.aeron.frame.ReplyFrame;
import dev.millrace.ingress.aeron.frame.RequestFrame;
import dev.millrace.ingress.aeron.frame.TextField;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.ErrorBodies;
import dev.millrace.ringbuffer.InFlight;
import dev.millrace.ringbuffer.LargeBuffers;
import dev.millrace.ringbuffer.RefusalEvent;
import dev.millrace.ringbuffer.ReplySink.ContentType;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import java.nio.ByteOrder;
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
final class FrameAdmitter {
    private static final int RETRY_AFTER_MILLIS = 1000;

    private final RequestPublisher publisher;
    private final InFlight inFlight;
    private final LargeBuffers large;
    private final Counters counters;
    private final AeronReplySink sink;
    private final NanoClock clock;
    private final EpochNanoClock wallClock;
    private final Logger log;
    private final int slotBytes;
    private final int streamBufferBytes;
    private final int maxBodyBytes;
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
        this.inFlight = rings.inFlight();
        this.large = rings.requestBuffers();
        this.counters = rings.counters();
        this.sink = sink;
        this.clock = clock;
        this.wallClock = wallClock;
        this.log = log;
        slotBytes = publisher.slot(0).body.sliceCapacity();
        streamBufferBytes = limits.streamBufferBytes();
        maxBodyBytes = Math.min(limits.maxBodyBytes(), Math.max(slotBytes, large.bufferBytes()));
        check = new FrameCheck(maxBodyBytes);
        calls = new AeronCall[inFlight.capacity()];
    }

    /** The longest body that is taken. */
    int maxBodyBytes() {
        return maxBodyBytes;
    }

    /** From here on requests get 503. Any thread. */
    void drain() {
        draining = true;
    }

    /** Takes a whole message. */
    void accept(AeronSession session, DirectBuffer message, int at, int length) {
        if (length < Frame.MIN_BYTES) {
            counters.increment(Counter.MESSAGES_DROPPED);
            return;
        }
        byte version = message.getByte(at + Frame.VERSION_OFFSET);
        byte type = message.getByte(at + Frame.TYPE_OFFSET);
        if (version != Frame.VERSION) {
            check.refuse("version", "version: expected 1, got " + (version & 0xFF));
            refuseMessage(session, message, at, length);
        } else if (type == Frame.CANCEL) {
            cancel(session, correlation(message, at));
        } else if (type != Frame.REQUEST) {
            check.refuse("type", "type: expected 1 or 2, got " + (type & 0xFF));
            refuseMessage(session, message, at, length);
        } else if (!check.accepts(message, at, length)) {
            refuseMessage(session, message, at, length);
        } else {
            admit(session, message, at);
        }
    }

    /** The message was cut where it went beyond its bounds; {@code length} bytes are left of it. */
    void acceptCut(
            AeronSession session, boolean tooLong, DirectBuffer message, int at, int length) {
        if (length < Frame.MIN_BYTES) {
            counters.increment(Counter.MESSAGES_DROPPED);
        } else if (tooLong) {
            check.tooLarge();
            refuseMessage(session, message, at, length);
        } else {
            refuse(
                    session,
                    message,
                    at,
                    Counter.REFUSED_LARGE_BUFFERS,
                    RequestStatus.OVERLOADED,
                    "too many long messages are being received");
        }
    }

    private void admit(AeronSession session, DirectBuffer message, int at) {
        if (draining) {
            refuse(
                    session,
                    message,
                    at,
                    Counter.REFUSED_DRAINING,
                    RequestStatus.DRAINING,
                    "server is shutting down");
            return;
        }
        AeronCall running = session.running.get(correlation(message, at));
        if (running != null && !running.ended) {
            check.refuse("correlation id", "correlation id: a request that runs has the same");
            refuseMessage(session, message, at, RequestFrame.HEADER_BYTES);
            return;
        }
        int length = RequestFrame.bodyLength(message, at);
        LargeBuffers.Lease lease = null;
        if (length > slotBytes) {
            lease = large.claim(length);
            if (lease == null) {
                refuse(
                        session,
                        message,
                        at,
                        Counter.REFUSED_LARGE_BUFFERS,
                        RequestStatus.OVERLOADED,
                        "no buffer is free for a body of more than " + slotBytes + " bytes");
                return;
            }
        }
        publish(session, message, at, lease);
    }

    private void publish(
            AeronSession session,
            DirectBuffer message,
            int at,
            LargeBuffers.@Nullable Lease lease) {
        RequestContext context = inFlight.claim();
        if (context == null) {
            release(lease);
            refuse(
                    session,
                    message,
                    at,
                    Counter.REFUSED_IN_FLIGHT,
                    RequestStatus.OVERLOADED,
                    "too many requests in flight; at most " + inFlight.capacity());
            return;
        }
        // Its last request may have ended a moment ago.
        collectEnded();
        AeronCall call = calls[context.index];
        if (call == null) {
            call = new AeronCall(context, session);
            calls[context.index] = call;
        }
        fill(context, call, session, message, at);
        long sequence = publisher.tryClaim();
        if (sequence == RequestPublisher.FULL) {
            inFlight.release(context);
            release(lease);
            refuse(
                    session,
                    message,
                    at,
                    Counter.REFUSED_RING_FULL,
                    RequestStatus.OVERLOADED,
                    "the request ring is full");
            return;
        }
        session.running.put(call.correlation, call);
        session.open++;
        RequestSlot slot = publisher.slot(sequence);
        try {
            slot.reset(RequestSlot.Kind.REQUEST, context);
            fill(slot, session, message, at, lease, context.route);
        } catch (RuntimeException e) {
            log.error("request {} could not be put into its slot", context.requestId, e);
            context.refuse(RequestStatus.INTERNAL, "internal error at the door", null);
        } finally {
            context.stamps.done(Stage.DOOR, clock.nanoTime());
            publisher.publish(sequence);
        }
    }

    private void fill(
            RequestContext context,
            AeronCall call,
            AeronSession session,
            DirectBuffer message,
            int at) {
        long now = clock.nanoTime();
        long requestId = publisher.nextRequestId();
        Route route = RequestFrame.route(message, at);
        context.reset(requestId, route == null ? Route.OPENAI_COMPLETIONS : route);
        call.begin(session, correlation(message, at), requestId);
        context.sink = sink;
        context.exchange = call;
        context.clientRequestId = FrameTexts.requestId(message, at, requestId);
        context.traceparent = FrameTexts.text(message, at, TextField.TRACEPARENT);
        context.arrivalEpochNanos = wallClock.nanoTime();
        context.callerId = texts.caller(session, message, at);
        context.stamps.begin(now);
    }

    private static void fill(
            RequestSlot slot,
            AeronSession session,
            DirectBuffer message,
            int at,
            LargeBuffers.@Nullable Lease lease,
            Route route) {
        int length = RequestFrame.bodyLength(message, at);
        int from = at + RequestFrame.HEADER_BYTES + RequestFrame.textLengths(message, at);
        if (lease != null) {
            slot.body.attach(lease, RequestPublisher.BODY_HOLDERS);
        }
        slot.body.buffer().putBytes(0, message, from, length);
        slot.body.length(length);
        if (route == Route.KSERVE_INFER) {
            slot.pathModel = FrameTexts.model(session, message, at);
            if (RequestFrame.textLength(message, at, TextField.MODEL_VERSION) > 0) {
                slot.pathVersion = FrameTexts.text(message, at, TextField.MODEL_VERSION);
            }
            slot.inferenceHeaderLength = RequestFrame.inferenceHeaderLength(message, at);
        }
        AeronHead.write(message, at, route, slot.head);
    }

    private static void release(LargeBuffers.@Nullable Lease lease) {
        if (lease != null) {
            lease.release();
        }
    }

    // ---- Ends.

    private void cancel(AeronSession session, long correlation) {
        AeronCall call = session.running.get(correlation);
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

    private void refuseMessage(AeronSession session, DirectBuffer message, int at, int length) {
        counters.increment(Counter.REFUSED_AT_DOOR);
        Route route = length < RequestFrame.HEADER_BYTES ? null : RequestFrame.route(message, at);
        refuse(
                session,
                correlation(message, at),
                route,
                check.status(),
                check.message(),
                check.field());
    }

    private void refuse(
            AeronSession session,
            DirectBuffer message,
            int at,
            Counter counter,
            RequestStatus status,
            String why) {
        counters.increment(counter);
        Route route = RequestFrame.route(message, at);
        refuse(session, correlation(message, at), route, status, why, null);
    }

    private void refuse(
            AeronSession session,
            long correlation,
            @Nullable Route route,
            RequestStatus status,
            String message,
            @Nullable String field) {
        RefusalEvent.atDoor(status);
        if (session.backlog.bytes() > streamBufferBytes) {
            // It sends what is refused, and does not read why.
            session.lose();
            return;
        }
        Route.Dialect dialect = route == null ? Route.Dialect.OPENAI : route.dialect();
        byte[] body = ErrorBodies.encode(dialect, status, message, field);
        ReplyFrame.write(
                header,
                Frame.REFUSED,
                correlation,
                status.httpStatus(),
                ContentType.JSON,
                -1,
                status.retryable() ? RETRY_AFTER_MILLIS : 0,
                body.length);
        session.send(header, new UnsafeBuffer(body), 0, body.length, true);
    }

    private static long correlation(DirectBuffer message, int at) {
        return message.getLong(at + Frame.CORRELATION_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }
}
