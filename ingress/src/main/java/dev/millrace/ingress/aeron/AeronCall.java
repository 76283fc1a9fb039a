package dev.millrace.ingress.aeron;

import dev.millrace.ringbuffer.RequestContext;

/**
 * The door's side of one request in flight. There is one for each {@link RequestContext}, used
 * again when the context is: what a call says holds from the claim of its context until {@link
 * AeronReplySink} hands it back.
 */
final class AeronCall {
    final RequestContext context;

    // ---- Written by: door. Read by: reply thread.

    AeronSession session;
    long correlation;
    long requestId;

    /** The client asked for it. */
    volatile boolean cancelled;

    // ---- Written by: reply thread.

    /** The last frame is on its way, or there is nobody to send it to. Read by: door. */
    volatile boolean ended;

    /** The client reads too slowly, and was told so. */
    boolean dropped;

    AeronCall(RequestContext context, AeronSession nobody) {
        this.context = context;
        this.session = nobody;
    }

    void begin(AeronSession session, long correlation, long requestId) {
        this.session = session;
        this.correlation = correlation;
        this.requestId = requestId;
        cancelled = false;
        dropped = false;
        ended = false;
    }
}
