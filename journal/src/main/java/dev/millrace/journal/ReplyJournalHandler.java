package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Puts every reply on record before {@code reply} sees it: what a client holds is in the journal.
 * Runs on: the {@code reply-journal} stage's thread. Owns: its appender.
 */
final class ReplyJournalHandler implements EventHandler<ReplySlot> {
    private final JournalAppender appender;
    private final int maxOutputBytes;
    private final boolean hashed;
    // Of this batch.
    private ReplySlot[] slots = new ReplySlot[64];
    private boolean[] whole = new boolean[64];
    private int count;
    private int flushed;
    private final PayloadDigest digest = new PayloadDigest();
    private final AnswerDigests answers = new AnswerDigests();
    private final UnsafeBuffer sha256 = new UnsafeBuffer(0, 0);

    ReplyJournalHandler(JournalAppender appender, int maxOutputBytes, Store store) {
        this.appender = appender;
        this.hashed = store == Store.HASH;
        this.maxOutputBytes = maxOutputBytes;
    }

    @Override
    public void onEvent(ReplySlot slot, long sequence, boolean endOfBatch) {
        boolean added = false;
        try {
            added = add(slot);
        } finally {
            remember(slot, added);
            if (endOfBatch || appender.full()) {
                flush();
            }
            if (endOfBatch) {
                sync();
            }
        }
    }

    /** Returns whether the answer can be made again of what will be on record of it. */
    private boolean add(ReplySlot slot) {
        boolean whole =
                switch (slot.kind) {
                    case TOKENS -> tokens(slot);
                    case EMBEDDING ->
                            tensor(RecordType.OUTPUT_EMBEDDING, slot, slot.count * Float.BYTES);
                    case TENSOR -> tensor(RecordType.OUTPUT_TENSOR, slot, slot.count);
                    case FAILURE -> failure(slot);
                };
        if (hashed && slot.last) {
            answers.forget(slot.requestId);
        }
        return whole;
    }

    private void remember(ReplySlot slot, boolean good) {
        if (count == slots.length) {
            slots = Arrays.copyOf(slots, 2 * count);
            whole = Arrays.copyOf(whole, 2 * count);
        }
        whole[count] = good;
        slots[count++] = slot;
    }

    private void flush() {
        if (!appender.flush()) {
            refuse(flushed, "the answer could not be put on record");
        }
        while (flushed < count) {
            recorded(slots[flushed], whole[flushed]);
            flushed++;
        }
    }

    /** Tells what is known of the request that this answers, unless it repeats another's answer. */
    private void recorded(ReplySlot slot, boolean good) {
        if (!(slot.context().known instanceof KnownRequest known)
                || known.requestId != slot.requestId) {
            return;
        }
        boolean there = good && appender.onRecord() && !slot.context().broken;
        if (there && known.untouched()) {
            known.beginsAt(appender.lastFile(), appender.lastPosition());
        }
        known.recorded(there, slot.last);
    }

    /** Nothing behind this stage sees a slot of the batch before its last one was handled. */
    private void sync() {
        if (!appender.sync()) {
            refuse(0, "the answer is not on the disk");
        }
        count = 0;
        flushed = 0;
    }

    private void refuse(int from, String why) {
        for (int i = from; i < count; i++) {
            slots[i].context().breakOff(RequestStatus.JOURNAL_FAILED, why);
        }
    }

    private boolean tokens(ReplySlot slot) {
        int composed = TokensRecord.encode(slot, appender.scratch());
        if (hashed) {
            hashedTokens(slot, composed);
            return false;
        }
        append(
                RecordType.OUTPUT_TOKENS,
                slot,
                composed,
                slot.payload.buffer(),
                TokensRecord.payloadBytes(slot));
        return slot.finish != FinishReason.CANCELLED;
    }

    private void hashedTokens(ReplySlot slot, int composed) {
        int bytes = 0;
        if (!slot.prompt) {
            answers.add(slot.requestId, slot.index, slot.payload.buffer(), slot.count);
            if (slot.finish != FinishReason.NONE) {
                sha256.wrap(answers.end(slot.requestId, slot.index));
                bytes = Sha256.BYTES;
            }
        }
        append(RecordType.OUTPUT_TOKENS, slot, composed, sha256, bytes);
    }

    private boolean tensor(RecordType type, ReplySlot slot, int payloadBytes) {
        DirectBuffer payload = slot.payload.buffer();
        int stored = !hashed && payloadBytes <= maxOutputBytes ? payloadBytes : 0;
        // What is stored is covered by the chain.
        byte[] sum = stored == payloadBytes ? null : digest.of(payload, payloadBytes);
        int composed = TensorRecord.encode(slot, payloadBytes, stored, sum, appender.scratch());
        append(type, slot, composed, payload, stored);
        return stored == payloadBytes;
    }

    private boolean failure(ReplySlot slot) {
        int end = FailureRecord.encode(slot, hashed, appender.scratch());
        append(RecordType.OUTPUT_FAILURE, slot, end, slot.payload.buffer(), 0);
        return false;
    }

    private void append(
            RecordType type, ReplySlot slot, int composed, DirectBuffer bulk, int bulkBytes) {
        int flags = (slot.last ? JournalRecord.LAST : 0) | (hashed ? JournalRecord.HASHED : 0);
        if (!appender.add(type, flags, slot.requestId, composed, bulk, bulkBytes)) {
            slot.context().breakOff(RequestStatus.JOURNAL_FAILED, "the answer is too long");
        }
    }
}
