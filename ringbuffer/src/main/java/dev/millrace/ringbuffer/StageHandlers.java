package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;

/**
 * The handlers of both rings, one per stage; made by the composition root.
 *
 * @param journal request ring: appends the request; sees every slot, CANCEL included; must not
 *     write the context; may append at the end of a batch, or leave that to {@code decisionJournal}
 *     where one thread runs both
 * @param decode request ring: body to tokens or tensors; sees requests
 * @param rateLimit request ring: charges the caller; sees requests nobody refused
 * @param batch request ring: stamps batch key and due time; sees requests nobody refused
 * @param decisionJournal request ring, right behind batch: appends what was decided, before it is
 *     acted on; sees every slot, CANCEL included, so that it may append at the end of a batch for
 *     all of it: a slot that is not on record then says so
 * @param replyJournal reply ring: appends the answer before anyone can receive it
 * @param reply reply ring: encodes and hands to the sink
 * @param telemetry reply ring: histograms, events; on the last reply returns the context to {@link
 *     InFlight}
 */
public record StageHandlers(
        EventHandler<RequestSlot> journal,
        EventHandler<RequestSlot> decode,
        EventHandler<RequestSlot> rateLimit,
        EventHandler<RequestSlot> batch,
        EventHandler<RequestSlot> decisionJournal,
        EventHandler<ReplySlot> replyJournal,
        EventHandler<ReplySlot> reply,
        EventHandler<ReplySlot> telemetry) {}
