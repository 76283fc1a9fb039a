package dev.millrace.journal;

import dev.millrace.ringbuffer.RequestSlot;
import java.util.Arrays;

/**
 * The slots of a batch whose records wait to be appended: where they cannot be, each says so. One
 * stage's thread, which owns the appender.
 */
final class RequestRecording {
    private final JournalAppender appender;
    private RequestSlot[] slots = new RequestSlot[64];
    private int count;

    RequestRecording(JournalAppender appender) {
        this.appender = appender;
    }

    JournalAppender appender() {
        return appender;
    }

    /** A slot whose records, if any, were added. */
    void added(RequestSlot slot, boolean endOfBatch) {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, 2 * count);
        }
        slots[count++] = slot;
        if (!endOfBatch && !appender.full()) {
            return;
        }
        boolean proceed = appender.flush();
        for (int i = 0; i < count && !proceed; i++) {
            slots[i].journalFailed = true;
        }
        count = 0;
    }
}
