package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * Puts every request on record before anything is executed, and every disconnect. Runs on: the
 * {@code journal} stage's thread. Owns: its appender. Reads of the context only what the door
 * wrote, and writes nothing.
 */
final class JournalHandler implements EventHandler<RequestSlot> {
    private final JournalAppender appender;

    JournalHandler(JournalAppender appender) {
        this.appender = appender;
    }

    JournalAppender appender() {
        return appender;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        if (slot.kind == RequestSlot.Kind.CANCEL) {
            // The context may serve another request already.
            appender.append(RecordType.CANCEL, 0, slot.requestId, JournalRecord.HEADER_BYTES);
            return;
        }
        int composed = IngressRecord.encode(slot, appender.scratch());
        appender.append(
                RecordType.INGRESS,
                0,
                slot.requestId,
                composed,
                slot.body.buffer(),
                slot.body.length());
    }
}
