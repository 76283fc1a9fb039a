package dev.millrace.journal;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.JournalConfig.Store;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestStatus;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts every reply on record before {@code reply} sees it: what a client holds is in the journal.
 * Runs on: the {@code reply-journal} stage's thread. Owns: its appender.
 */
final class ReplyJournalHandler implements EventHandler<ReplySlot> {
    private final JournalAppender appender;
    private final int maxOutputBytes;
    private final boolean hashed;
    // Of this batch.
    private RequestContext[] contexts = new RequestContext[64];
    private int unsynced;
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
        remember(slot.context());
        try {
            KnownRequest known = known(slot);
            if (known == null) {
                record(slot);
            } else {
                record(slot, known);
            }
        } finally {
            sync(endOfBatch);
        }
    }

    /**
     * What is known of the request that this answers; null for one that repeats another's answer.
     */
    private static @Nullable KnownRequest known(ReplySlot slot) {
        return slot.context().known instanceof KnownRequest known
                        && known.requestId == slot.requestId
                ? known
                : null;
    }

    private void record(ReplySlot slot, KnownRequest known) {
        boolean good = false;
        try {
            good = record(slot) && appender.onRecord() && !slot.context().broken;
            if (good && known.untouched()) {
                known.beginsAt(appender.lastFile(), appender.lastPosition());
            }
        } finally {
            known.recorded(good, slot.last);
        }
    }

    /** Returns whether the answer can be made again of what is on record of it. */
    private boolean record(ReplySlot slot) {
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

    /** Nothing behind this stage sees a slot of the batch before its last one was handled. */
    private void sync(boolean endOfBatch) {
        if (!endOfBatch) {
            return;
        }
        int count = unsynced;
        unsynced = 0;
        try {
            appender.sync();
        } catch (JournalException e) {
            for (int i = 0; i < count; i++) {
                contexts[i].broken = true;
                contexts[i].refuse(
                        RequestStatus.JOURNAL_FAILED, "the answer is not on the disk", null);
            }
            throw e;
        }
    }

    private void remember(RequestContext context) {
        if (unsynced == contexts.length) {
            contexts = Arrays.copyOf(contexts, 2 * unsynced);
        }
        contexts[unsynced++] = context;
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
        byte[] sum = digest.of(payload, payloadBytes);
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
        appender.append(type, flags, slot.requestId, composed, bulk, bulkBytes);
    }
}
