package dev.millrace.tools.replay;

import dev.millrace.journal.IngressRecord;
import dev.millrace.ringbuffer.PayloadBuffer;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import java.nio.charset.StandardCharsets;

/**
 * The replay's door: puts a recorded request into the ring as the door that received it did.
 *
 * <p>Used by the replaying thread.
 */
final class ReplayRequests {
    private final Rings rings;

    ReplayRequests(Rings rings) {
        this.rings = rings;
    }

    /** Publishes the request; false where the rings have no room for it. */
    boolean publish(long requestId, IngressRecord ingress) {
        RequestContext context = rings.inFlight().claim();
        if (context == null) {
            return false;
        }
        RequestPublisher publisher = rings.requestPublisher();
        long sequence = publisher.tryClaim();
        if (sequence == RequestPublisher.FULL) {
            rings.inFlight().release(context);
            return false;
        }
        context.reset(requestId, ingress.route());
        context.clientRequestId = ingress.clientRequestId();
        context.traceparent = ingress.traceparent();
        context.arrivalEpochNanos = ingress.arrivalWallNanos();
        context.callerId = ingress.callerId();
        context.stamps.begin(ingress.arrivalClockNanos());
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.pathModel = ingress.pathModel();
        slot.pathVersion = ingress.pathVersion();
        slot.inferenceHeaderLength = ingress.inferenceHeaderLength();
        put(slot.head, ingress.head().getBytes(StandardCharsets.ISO_8859_1), 1);
        put(slot.body, ingress.body(), RequestPublisher.BODY_HOLDERS);
        publisher.publish(sequence);
        return true;
    }

    private void put(PayloadBuffer payload, byte[] bytes, int holders) {
        if (!payload.reserve(bytes.length, rings.requestBuffers(), holders)) {
            throw new IllegalStateException("no buffer for a body of " + bytes.length + " bytes");
        }
        payload.buffer().putBytes(0, bytes);
        payload.length(bytes.length);
    }
}
