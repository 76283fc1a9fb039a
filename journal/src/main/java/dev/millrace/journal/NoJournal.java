package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * The handlers of a server whose journal is off ({@code journal.enabled: false}): they run on the
 * same threads and do nothing.
 */
public final class NoJournal {
    private NoJournal() {}

    public static Journal.RequestHandlers requestHandlers() {
        return new Journal.RequestHandlers(
                (slot, sequence, endOfBatch) -> {}, (slot, sequence, endOfBatch) -> {});
    }

    /** Behind batch: streams cannot be read on. */
    public static EventHandler<RequestSlot> repeatHandler() {
        return (slot, sequence, endOfBatch) -> {
            if (slot.admitted() && slot.context().resumes != 0) {
                RepeatHandler.refuseUnknownStream(slot.context());
            }
        };
    }

    public static EventHandler<ReplySlot> replyHandler() {
        return (slot, sequence, endOfBatch) -> {};
    }
}
