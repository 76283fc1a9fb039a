package dev.millrace.stages.reply;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;

/**
 * One protocol's answers. Its state for a request lies in {@link RequestContext#encoding}, from the
 * first reply to {@link #forget}. Runs on: the {@code reply} thread.
 *
 * <p>Encoders read no clock and no random source: the same replies give the same bytes.
 */
interface ReplyEncoder {
    /** Takes in a reply that carries a payload, and hands to the sink what can be said. */
    void encode(ReplySlot slot, RequestContext context, ReplySink sink);

    /** The request's last reply is dealt with: its state may serve another. */
    void forget(RequestContext context);
}
