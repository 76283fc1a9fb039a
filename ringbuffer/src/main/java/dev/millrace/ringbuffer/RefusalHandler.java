package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import org.agrona.concurrent.NanoClock;

/**
 * Answers requests that were refused on the way, after the journal has them and without waiting for
 * any lane. Runs on: the {@code batch} stage's thread, right behind its handler.
 */
final class RefusalHandler implements EventHandler<RequestSlot> {
    private final ReplyPublisher replies;
    private final NanoClock clock;

    RefusalHandler(ReplyPublisher replies, NanoClock clock) {
        this.replies = replies;
        this.clock = clock;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (slot.kind != RequestSlot.Kind.REQUEST) {
            return;
        }
        RequestContext context = slot.context();
        if (slot.journalFailed) {
            context.refuse(
                    RequestStatus.JOURNAL_FAILED, "the request could not be put on record", null);
        }
        if (context.status == RequestStatus.OK) {
            return;
        }
        slot.body.release();
        slot.decoded.release();
        context.stamps.done(Stage.BATCH, clock.nanoTime());
        // The lane reads 'admitted' through the context, which is reused once the reply is out.
        slot.lane = -1;
        replies.failure(context);
    }
}
