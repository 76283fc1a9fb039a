package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.RequestSlot;

/**
 * Puts on record what was decided about every request. Runs on: the {@code batch} stage's thread,
 * behind its handler. Owns: its appender.
 */
final class DecisionHandler implements EventHandler<RequestSlot> {
    private final JournalAppender appender;

    DecisionHandler(JournalAppender appender) {
        this.appender = appender;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        int end = DecisionRecord.encode(slot, appender.scratch());
        appender.append(RecordType.DECISION, 0, slot.requestId, end);
    }
}
