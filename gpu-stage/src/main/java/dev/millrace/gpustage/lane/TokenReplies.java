package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.TokenBytes;
import org.agrona.MutableDirectBuffer;

/**
 * Publishes the tokens of runs: for a stream as soon as no stop string can claim them, otherwise
 * many at a time.
 *
 * <p>Runs on the lane's thread.
 */
final class TokenReplies {
    /** Tokens of a run that nobody streams are sent on in portions of this size. */
    private static final int PORTION_TOKENS = 64;

    private final LaneOutput output;
    private final TokenBytes text;

    TokenReplies(LaneOutput output, TokenBytes text) {
        this.output = output;
        this.text = text;
    }

    /** Publishes what may be published of a run that goes on. */
    void release(Run run) {
        int upTo = run.releasable(text);
        int least = run.request.context.stream ? 1 : PORTION_TOKENS;
        if (upTo - run.published() >= least) {
            publish(run, upTo, FinishReason.NONE, 0, 0, false);
        }
    }

    /** Publishes the rest of a run that ends. */
    void finish(Run run, FinishReason reason, int hiddenTokens, int hiddenBytes, boolean last) {
        publish(run, run.newTokens(), reason, hiddenTokens, hiddenBytes, last);
    }

    private void publish(
            Run run,
            int upTo,
            FinishReason reason,
            int hiddenTokens,
            int hiddenBytes,
            boolean last) {
        RequestContext context = run.request.context;
        int count = upTo - run.published();
        long sequence = output.replies().open(ReplySlot.Kind.TOKENS, context, 4 * count);
        ReplySlot slot = output.replies().slot(sequence);
        MutableDirectBuffer payload = slot.payload.buffer();
        int first = run.promptTokens() + run.published();
        for (int i = 0; i < count; i++) {
            payload.putInt(4 * i, run.token(first + i));
        }
        slot.index = run.index;
        slot.count = count;
        slot.finish = reason;
        slot.hiddenTokens = hiddenTokens;
        slot.hiddenBytes = hiddenBytes;
        slot.last = last;
        run.published(upTo);
        output.replies().publish(sequence);
    }
}
