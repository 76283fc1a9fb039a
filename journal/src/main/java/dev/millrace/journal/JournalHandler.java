package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.RequestSlot;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts every request on record before anything is executed, and every disconnect. Runs on: the
 * {@code journal} stage's thread. Owns: its appender. Reads of the context only what the door
 * wrote, and writes nothing.
 */
final class JournalHandler implements EventHandler<RequestSlot> {
    private final JournalAppender appender;
    private final boolean hashed;
    private final PayloadDigest digest = new PayloadDigest();
    private final UnsafeBuffer sha256 = new UnsafeBuffer(0, 0);

    JournalHandler(JournalAppender appender, Store store) {
        this.appender = appender;
        this.hashed = store == Store.HASH;
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
        DirectBuffer body = slot.body.buffer();
        int flags = 0;
        int bytes = slot.body.length();
        if (hashed) {
            sha256.wrap(digest.of(body, bytes));
            flags = JournalRecord.HASHED;
            body = sha256;
            bytes = Sha256.BYTES;
        }
        appender.append(RecordType.INGRESS, flags, slot.requestId, composed, body, bytes);
    }
}
