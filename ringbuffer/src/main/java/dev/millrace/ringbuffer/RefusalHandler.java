package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import org.agrona.concurrent.NanoClock;

/**
 * Answers requests that were refused on the way, after the journal has them and without waiting for
 * any lane; refuses those that no lane would ever see. Runs on: the {@code batch} stage's thread,
 * right behind its handler.
 */
final class RefusalHandler implements EventHandler<RequestSlot> {
    /** Who takes what leaves batch. */
    @FunctionalInterface
    interface LaneCheck {
        /** Whether that lane runs and will see the slot at {@code sequence}, which is for it. */
        boolean sees(int lane, long sequence);

        /** The slot at {@code sequence} may concern any lane. */
        default void tellAll(long sequence) {}
    }

    private final LaneCheck lanes;
    private final ReplyPublisher replies;
    private final NanoClock clock;

    RefusalHandler(LaneCheck lanes, ReplyPublisher replies, NanoClock clock) {
        this.lanes = lanes;
        this.replies = replies;
        this.clock = clock;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (slot.kind != RequestSlot.Kind.REQUEST) {
            lanes.tellAll(sequence);
            return;
        }
        RequestContext context = slot.context();
        if (slot.journalFailed) {
            context.refuse(
                    RequestStatus.JOURNAL_FAILED, "the request could not be put on record", null);
        }
        if (context.status == RequestStatus.OK) {
            if (lanes.sees(slot.lane, sequence)) {
                return;
            }
            // Decode met the model while it was being loaded or unloaded.
            context.refuse(
                    RequestStatus.OVERLOADED,
                    "the model is not ready for this request yet, or no longer",
                    null);
        }
        slot.body.release();
        slot.decoded.release();
        context.stamps.done(Stage.BATCH, clock.nanoTime());
        // The lane reads 'admitted' through the context, which is reused once the reply is out.
        slot.lane = -1;
        replies.failure(context);
    }
}
