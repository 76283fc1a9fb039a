package dev.millrace.ringbuffer;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What outlives the slot: one preallocated entry per request in flight, from the door's claim until
 * telemetry returns it.
 *
 * <p>Fields are grouped by writer. A field is read only downstream of its writer, so the rings'
 * barriers order it; the one exception is {@link #cancel}, which is atomic. Whoever keeps a context
 * across requests must keep {@link #requestId} too and compare: contexts are reused, ids are not.
 */
public final class RequestContext {
    /** Position in {@link InFlight}. */
    public final int index;

    // ---- Written by: door. Read by: everyone.

    /** Unique in this server and, with overwhelming likelihood, in its journal. */
    public long requestId;

    public Route route = Route.OPENAI_COMPLETIONS;

    /** Where replies leave; the door that published the request. */
    public @Nullable ReplySink sink;

    /** The door's own handle for the exchange. Only the sink may look inside. */
    public @Nullable Object exchange;

    /** The client's {@code x-request-id}, or one made from {@link #requestId}. Echoed. */
    public String clientRequestId = "";

    /** W3C traceparent as received, or empty. */
    public String traceparent = "";

    /**
     * Wall time of arrival, nanoseconds since the epoch; {@code created} in answers comes from it.
     */
    public long arrivalEpochNanos;

    /**
     * 64 bits that stand for the API key, or for the address where no key came. Never the key
     * itself.
     */
    public long callerId;

    /** All stamps; each stage writes its own. */
    public final Stamps stamps = new Stamps();

    // ---- Written by: decode. Read by: rate-limit, batch, lane, reply, telemetry.

    /** The model, once decode has found it. */
    public @Nullable ModelEntry model;

    public boolean stream;
    public int promptTokens;

    /**
     * Runs that are answered: prompts of a completion × {@link SamplingParams#n}, texts to embed; 1
     * otherwise.
     */
    public int runs;

    /**
     * When the answer stops being worth having, on the clock of {@link #stamps}; {@link
     * Long#MAX_VALUE} for never.
     */
    public long deadlineNanos;

    /** The request whose stream the client wants to read on, by its id; 0 for none. */
    public long resumes;

    /** What its client has of that stream; the type is the stages module's own. */
    public @Nullable Object position;

    /** What decode tells its protocol's encoder; the type is the stages module's own. */
    public @Nullable Object protocol;

    // ---- Written by: batch, where requests are known again. Read by: reply journal, reply, lane.

    /** What is known of the request whose answer this is; the type is the journal module's own. */
    public @Nullable Object known;

    /** The request that this one repeats: its id stands in the answer. 0 where it repeats none. */
    public long repeats;

    /** When that one arrived; as {@link #arrivalEpochNanos}. */
    public long repeatsEpochNanos;

    /** Whether the answer is read from the record, and nothing is executed. */
    public boolean replayed;

    /** Whether events of a stream say how to go on behind them. */
    public boolean resumable;

    // ---- Written by: the stage that refuses (decode, rate-limit, batch) or the lane. Read by:
    // reply, telemetry.

    /** OK until somebody refuses. */
    public RequestStatus status = RequestStatus.OK;

    /** One line for the client; names field, value and what would be accepted. */
    public String errorMessage = "";

    /** The field at fault, in the request's own words, or null. */
    public @Nullable String errorParam;

    /** For 409, 429 and 503; at most 60,000. */
    public int retryAfterMillis;

    // ---- Written by: rate-limit. Read by: reply.

    /** Limits and what is left of them after this request; -1 where there is no limit. */
    public long limitRequests = -1;

    public long remainingRequests = -1;
    public long limitTokens = -1;
    public long remainingTokens = -1;

    /** Tokens that rate-limit charged in advance; settled by telemetry with the real count. */
    public long chargedTokens;

    // ---- Written by: lane. Read by: reply, telemetry.

    /** Tokens of all runs, those that {@link SamplingParams#bestOf} discards included. */
    public int completionTokens;

    /** Tokens of the prompts that were found in the prefix cache. */
    public int cachedTokens;

    /** Lane's own: runs that have not ended. */
    public int openRuns;

    // ---- Owned by: reply.

    /** The encoder's state for this request. */
    public @Nullable Object encoding;

    /** True once the answer's head has been sent: an error can then only end the stream. */
    public boolean headSent;

    // ---- Written by: the guards of the reply ring's stages. Read by: reply.

    /** The answer cannot be completed: reply sends nothing more and aborts the exchange. */
    public boolean broken;

    /** The latest id cancelled: ids count up, so that a late cancel cannot undo a newer one. */
    private final AtomicLong cancelledId = new AtomicLong(-1);

    public RequestContext(int index) {
        this.index = index;
    }

    /** Called by the door on a claimed context. */
    public void reset(long requestId, Route route) {
        this.requestId = requestId;
        this.route = route;
        sink = null;
        exchange = null;
        clientRequestId = "";
        traceparent = "";
        arrivalEpochNanos = 0;
        callerId = 0;
        model = null;
        stream = false;
        promptTokens = 0;
        runs = 1;
        deadlineNanos = Long.MAX_VALUE;
        resumes = 0;
        position = null;
        protocol = null;
        known = null;
        repeats = 0;
        repeatsEpochNanos = 0;
        replayed = false;
        resumable = false;
        status = RequestStatus.OK;
        errorMessage = "";
        errorParam = null;
        retryAfterMillis = 0;
        limitRequests = -1;
        remainingRequests = -1;
        limitTokens = -1;
        remainingTokens = -1;
        chargedTokens = 0;
        completionTokens = 0;
        cachedTokens = 0;
        openRuns = 0;
        encoding = null;
        headSent = false;
        broken = false;
    }

    /** The id that the answer carries. */
    public long answerId() {
        return repeats == 0 ? requestId : repeats;
    }

    /** When the request arrived whose answer this is. */
    public long answerEpochNanos() {
        return repeats == 0 ? arrivalEpochNanos : repeatsEpochNanos;
    }

    /**
     * Refuses the request; the first refusal stands. Called on the thread that holds the request.
     */
    public void refuse(RequestStatus refusal, String message, @Nullable String param) {
        if (status == RequestStatus.OK) {
            status = refusal;
            errorMessage = message;
            errorParam = param;
            if (refusal.retryable() && retryAfterMillis == 0) {
                retryAfterMillis = 1000;
            }
        }
    }

    /**
     * The answer cannot be completed; the first refusal stands. What still computes is cancelled
     * before its lane's next step, as nobody will read it. Called by stages of the reply ring.
     */
    public void breakOff(RequestStatus refusal, String message) {
        broken = true;
        refuse(refusal, message, null);
        cancel(requestId);
    }

    /**
     * Nobody waits for that request's answer any more. Any thread. A late call, after the context
     * was reused, does nothing.
     */
    public void cancel(long ofRequestId) {
        cancelledId.accumulateAndGet(ofRequestId, Math::max);
    }

    /** Whether the answer would come too late. */
    public boolean expired(long nowNanos) {
        return nowNanos >= deadlineNanos;
    }

    /** Whether nobody waits for the answer any more. Read by lanes between steps. */
    public boolean cancelled() {
        return cancelledId.get() == requestId;
    }
}
