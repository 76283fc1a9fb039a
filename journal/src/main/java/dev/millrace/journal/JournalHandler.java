package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.RequestSlot;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts every request on record before anything is executed, and every disconnect. Runs on: the
 * {@code journal} stage's thread. Owns: its appender, or shares that of {@link DecisionHandler} on
 * the same thread, which then appends for both. Reads of the context only what the door wrote, and
 * writes nothing.
 */
final class JournalHandler implements EventHandler<RequestSlot> {
    private final JournalAppender appender;
    private final @Nullable RequestRecording recording;
    private final boolean hashed;
    private final PayloadDigest digest = new PayloadDigest();
    private final UnsafeBuffer sha256 = new UnsafeBuffer(0, 0);

    /**
     * @param recording null where what is added is appended by somebody else
     */
    JournalHandler(JournalAppender appender, @Nullable RequestRecording recording, Store store) {
        this.appender = appender;
        this.recording = recording;
        this.hashed = store == Store.HASH;
    }

    JournalAppender appender() {
        return appender;
    }

    @Override
    public void onEvent(RequestSlot slot, long sequence, boolean endOfBatch) {
        try {
            slot.journalFailed = !add(slot);
        } finally {
            if (recording != null) {
                recording.added(slot, endOfBatch);
            }
        }
    }

    private boolean add(RequestSlot slot) {
        if (slot.kind == RequestSlot.Kind.CANCEL) {
            // The context may serve another request already.
            return appender.add(RecordType.CANCEL, 0, slot.requestId, JournalRecord.HEADER_BYTES);
        }
        int composed = IngressRecord.encode(slot, appender.scratch());
        DirectBuffer body = slot.body.buffer();
        int flags = 0;
        int bytes = slot.body.length();
        if (hashed) {
            sha256.wrap(digest.of(body, bytes));
            flags = JournalRecord.HASHED;
            body = sha256;
            bytes = Sha256.BYTES;
        }
        return appender.add(RecordType.INGRESS, flags, slot.requestId, composed, body, bytes);
    }
}
