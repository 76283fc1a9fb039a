package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.ringbuffer.ReplySlot;
import org.agrona.DirectBuffer;

/**
 * Puts every reply on record before {@code reply} sees it: what a client holds is in the journal.
 * Runs on: the {@code reply-journal} stage's thread. Owns: its appender.
 */
final class ReplyJournalHandler implements EventHandler<ReplySlot> {
    private final JournalAppender appender;
    private final int maxOutputBytes;
    private final PayloadDigest digest = new PayloadDigest();

    ReplyJournalHandler(JournalAppender appender, int maxOutputBytes) {
        this.appender = appender;
        this.maxOutputBytes = maxOutputBytes;
    }

    @Override
    public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
        switch (slot.kind) {
            case TOKENS -> tokens(slot);
            case EMBEDDING -> tensor(RecordType.OUTPUT_EMBEDDING, slot, slot.count * Float.BYTES);
            case TENSOR -> tensor(RecordType.OUTPUT_TENSOR, slot, slot.count);
            case FAILURE -> failure(slot);
        }
    }

    private void tokens(ReplySlot slot) {
        int composed = TokensRecord.encode(slot, appender.scratch());
        append(
                RecordType.OUTPUT_TOKENS,
                slot,
                composed,
                slot.payload.buffer(),
                TokensRecord.payloadBytes(slot));
    }

    private void tensor(RecordType type, ReplySlot slot, int payloadBytes) {
        DirectBuffer payload = slot.payload.buffer();
        int stored = payloadBytes <= maxOutputBytes ? payloadBytes : 0;
        byte[] sha256 = digest.of(payload, payloadBytes);
        int composed = TensorRecord.encode(slot, payloadBytes, stored, sha256, appender.scratch());
        append(type, slot, composed, payload, stored);
    }

    private void failure(ReplySlot slot) {
        int end = FailureRecord.encode(slot, appender.scratch());
        append(RecordType.OUTPUT_FAILURE, slot, end, slot.payload.buffer(), 0);
    }

    private void append(
            RecordType type, ReplySlot slot, int composed, DirectBuffer bulk, int bulkBytes) {
        int flags = slot.last ? JournalRecord.LAST : 0;
        appender.append(type, flags, slot.requestId, composed, bulk, bulkBytes);
    }
}
