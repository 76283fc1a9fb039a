package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * Puts on record what was decided about every request. Runs on: the {@code batch} stage's thread,
 * behind its handler. Owns: its appender.
 */
final class DecisionHandler implements EventHandler<RequestSlot> {
    private final JournalAppender appender;
    private final boolean hashed;

    DecisionHandler(JournalAppender appender, Store store) {
        this.appender = appender;
        this.hashed = store == Store.HASH;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        int end = DecisionRecord.encode(slot, hashed, appender.scratch());
        int flags = hashed ? JournalRecord.HASHED : 0;
        appender.append(RecordType.DECISION, flags, slot.requestId, end);
    }
}
