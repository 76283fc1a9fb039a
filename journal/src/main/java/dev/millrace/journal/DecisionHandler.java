package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * Puts on record what was decided about every request. Runs on: the {@code batch} stage's thread,
 * behind its handler. Owns: its appender.
 */
final class DecisionHandler implements EventHandler<RequestSlot> {
    private final RequestRecording recording;
    private final boolean hashed;

    DecisionHandler(RequestRecording recording, Store store) {
        this.recording = recording;
        this.hashed = store == Store.HASH;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        try {
            if (slot.kind == RequestSlot.Kind.REQUEST && !slot.journalFailed) {
                slot.journalFailed = !add(slot);
            }
        } finally {
            recording.added(slot, endOfBatch);
        }
    }

    private boolean add(RequestSlot slot) {
        JournalAppender appender = recording.appender();
        int end = DecisionRecord.encode(slot, hashed, appender.scratch());
        int flags = hashed ? JournalRecord.HASHED : 0;
        return appender.add(RecordType.DECISION, flags, slot.requestId, end);
    }
}
