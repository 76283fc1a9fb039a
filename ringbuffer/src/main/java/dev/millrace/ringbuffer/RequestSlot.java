package dev.millrace.ringbuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The reused entry of the request ring. Reset by its publisher, never by a consumer; nothing may
 * keep a reference to it, or to its buffers, after its handler returned.
 */
public final class RequestSlot {
    /** Most input tensors of one request. */
    public static final int MAX_TENSORS = 16;

    /** What the slot says. */
    public enum Kind {
        /** A request to execute. */
        REQUEST,
        /** The client of {@link #requestId} went away: on record, and a wake-up for its lane. */
        CANCEL
    }

    // ---- Written by: door (through RequestPublisher). Read by: everyone.

    public Kind kind = Kind.REQUEST;
    public long requestId;

    /**
     * Set before publication, never null after it. For CANCEL, the context of the request meant.
     */
    public @Nullable RequestContext context;

    /**
     * Request line and kept headers, as HTTP/1.1 text lines ended by CRLF; ISO-8859-1. Bounded by
     * its slice.
     */
    public final PayloadBuffer head;

    /**
     * The body as the client sent it, after transfer decoding. Holders: journal, and the decode
     * chain or the lane.
     */
    public final PayloadBuffer body;

    /** Model and version of a KServe path, decoded; null where the path has none. */
    public @Nullable String pathModel;

    public @Nullable String pathVersion;

    /** KServe's Inference-Header-Content-Length; -1 where absent. */
    public int inferenceHeaderLength;

    // ---- Written by: journal. Read by: batch.

    /** The request could not be put on record: it must not be executed. */
    public boolean journalFailed;

    // ---- Written by: decode. Read by: rate-limit, batch, lane.

    /**
     * What decode made of the body: {@link PromptRuns}, or converted tensors. Holder: the lane, or
     * batch on refusal.
     */
    public final PayloadBuffer decoded;

    /** The lane addressed; -1 for none. */
    public int lane;

    public final SamplingParams sampling = new SamplingParams();
    public final TensorRef[] inputs = new TensorRef[MAX_TENSORS];
    public int inputCount;

    /** Rows of a tensor request or texts of an embedding request. */
    public int rows;

    // ---- Written by: rate-limit. Read by: decision journal.

    /**
     * How many requests' real costs were settled before this one was looked at. Last replies are
     * settled in the order of the reply ring, so the number says which.
     */
    public long settled;

    // ---- Written by: batch. Read by: lane.

    /** Requests of one lane with the same key may be executed together. */
    public int batchKey;

    /** When the request must be executed, in the server's monotonic clock, company or not. */
    public long dueNanos;

    public RequestSlot(UnsafeBuffer head, UnsafeBuffer body, UnsafeBuffer decoded) {
        this.head = new PayloadBuffer(head);
        this.body = new PayloadBuffer(body);
        this.decoded = new PayloadBuffer(decoded);
        for (int i = 0; i < MAX_TENSORS; i++) {
            inputs[i] = new TensorRef();
        }
    }

    /** Called by the publisher on a claimed slot, before it fills anything. */
    public void reset(Kind kind, RequestContext context) {
        this.kind = kind;
        this.context = context;
        requestId = context.requestId;
        head.reset();
        body.reset();
        decoded.reset();
        pathModel = null;
        pathVersion = null;
        inferenceHeaderLength = -1;
        journalFailed = false;
        lane = -1;
        inputCount = 0;
        rows = 0;
        batchKey = 0;
        dueNanos = 0;
        settled = 0;
        sampling.reset();
    }

    /** The context; a slot that was published always has one. */
    public RequestContext context() {
        RequestContext present = context;
        if (present == null) {
            throw new IllegalStateException("slot read before it was published");
        }
        return present;
    }

    /**
     * Whether there is still something to do for a stage after decode: a request nobody has
     * refused.
     */
    public boolean admitted() {
        return kind == Kind.REQUEST && context().status == RequestStatus.OK;
    }
}
