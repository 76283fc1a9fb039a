package dev.millrace.ingress.admission;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.RequestStatus;

/** Why a door does not take a request: what counts it, and what its client is told. */
public record Refusal(Counter counter, RequestStatus status, String message) {
    /** The server takes nothing any more. */
    public static final Refusal DRAINING =
            new Refusal(
                    Counter.REFUSED_DRAINING, RequestStatus.DRAINING, "server is shutting down");

    static final Refusal RING_FULL =
            new Refusal(
                    Counter.REFUSED_RING_FULL,
                    RequestStatus.OVERLOADED,
                    "the request ring is full");

    static Refusal inFlight(int most) {
        return new Refusal(
                Counter.REFUSED_IN_FLIGHT,
                RequestStatus.OVERLOADED,
                "too many requests in flight; at most " + most);
    }

    static Refusal noLargeBuffer(int slotBytes) {
        return new Refusal(
                Counter.REFUSED_LARGE_BUFFERS,
                RequestStatus.OVERLOADED,
                "no buffer is free for a body of more than " + slotBytes + " bytes");
    }

    static Refusal tooLarge(int maxBodyBytes) {
        return new Refusal(
                Counter.REFUSED_AT_DOOR,
                RequestStatus.TOO_LARGE,
                "body is longer than " + maxBodyBytes + " bytes");
    }
}
