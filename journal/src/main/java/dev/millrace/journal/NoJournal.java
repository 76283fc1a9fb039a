package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.TurnJournal;

/**
 * The handlers of a server whose journal is off ({@code journal.enabled: false}): they run on the
 * same threads and do nothing.
 */
public final class NoJournal implements Recorder {
    @Override
    public RequestHandlers requestHandlers(boolean oneThread) {
        return new RequestHandlers(
                (slot, sequence, endOfBatch) -> {}, (slot, sequence, endOfBatch) -> {});
    }

    /** Streams cannot be read on. */
    @Override
    public EventHandler<RequestSlot> repeatHandler() {
        return nothingKnown();
    }

    static EventHandler<RequestSlot> nothingKnown() {
        return (slot, sequence, endOfBatch) -> {
            if (slot.admitted() && slot.context().resumes != 0) {
                RepeatHandler.refuseUnknownStream(slot.context());
            }
        };
    }

    @Override
    public EventHandler<ReplySlot> replyHandler() {
        return (slot, sequence, endOfBatch) -> {};
    }

    @Override
    public TurnJournal turnJournal() {
        return TurnJournal.NONE;
    }
}
