package dev.millrace.ringbuffer;

import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The reused entry of the reply ring: a run of tokens, a vector, a tensor, or the end of a request.
 *
 * <p>All replies of one request come from one thread at a time, in order; the one with {@link
 * #last} is the request's last word and exactly one is published for every request that entered the
 * request ring.
 */
public final class ReplySlot {
    /** What the payload holds. */
    public enum Kind {
        /**
         * {@link #count} token ids (int32) of run {@link #index}, and with {@link #topLogprobs} of
         * at least 0 their {@link TokenLogprobs} behind them, and with {@link #digests} an int32
         * for each behind that; {@link #finish} says whether the run ends.
         */
        TOKENS,
        /** {@link #count} float32 of text {@link #index}. */
        EMBEDDING,
        /** Output tensor {@link #index}, {@link #count} bytes, as {@link #tensor} describes. */
        TENSOR,
        /** No payload: the request ends with {@link RequestContext#status}, which is not OK. */
        FAILURE
    }

    // ---- Written by: the publisher. Read by: reply journal, reply, telemetry.

    public Kind kind = Kind.FAILURE;
    public long requestId;
    public @Nullable RequestContext context;

    /**
     * Which run, text or output. Of a generation: prompt × {@link SamplingParams#n} + which of the
     * prompt's choices.
     */
    public int index;

    /** Elements or bytes, by {@link #kind}. */
    public int count;

    public FinishReason finish = FinishReason.NONE;

    /**
     * Alternatives beside each token in the payload, in [0,20]; -1 where it holds ids alone. Every
     * answer's reply has {@link SamplingParams#logprobs}, every prompt's {@link
     * SamplingParams#promptAlternatives()}.
     */
    public int topLogprobs;

    /**
     * Whether the payload ends with a digest for each token: CRC-32C of the row of logits, float32
     * little-endian, that it was sampled from. For the record; clients are not told.
     */
    public boolean digests;

    /**
     * Whether these are tokens of the prompt. A lane publishes them where {@link
     * SamplingParams#promptAlternatives()} asks for them: once for each prompt, under the index of
     * its first choice, all of them in order in one reply or more, before any answer to that
     * prompt. Such a reply neither ends its run nor is the request's last.
     */
    public boolean prompt;

    /**
     * Tokens at the end of this run whose text belongs wholly to the stop: they count as usage and
     * are on record, but add nothing to the answer.
     */
    public int hiddenTokens;

    /**
     * Bytes at the end of this run's text ({@link TokenBytes} of all its tokens, one after the
     * other) that belong to the stop: reply drops them, and needs no stop strings of its own. A
     * lane holds tokens back while they may turn out to be part of one, so all these bytes come
     * from tokens of this reply; it is 0 unless {@link #finish} is STOP.
     */
    public int hiddenBytes;

    /** Name, datatype and shape of a TENSOR; its offset and length are not used. */
    public final TensorRef tensor = new TensorRef();

    /** Whether this is the request's last reply. */
    public boolean last;

    public final PayloadBuffer payload;

    public ReplySlot(UnsafeBuffer payload) {
        this.payload = new PayloadBuffer(payload);
    }

    void reset(Kind kind, RequestContext context) {
        this.kind = kind;
        this.context = context;
        requestId = context.requestId;
        index = 0;
        count = 0;
        finish = FinishReason.NONE;
        topLogprobs = -1;
        digests = false;
        prompt = false;
        hiddenTokens = 0;
        hiddenBytes = 0;
        last = false;
        payload.reset();
    }

    /** The context; a slot that was published always has one. */
    public RequestContext context() {
        RequestContext present = context;
        if (present == null) {
            throw new IllegalStateException("slot read before it was published");
        }
        return present;
    }
}
