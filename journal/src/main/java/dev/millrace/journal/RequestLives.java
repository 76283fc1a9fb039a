package dev.millrace.journal;

import dev.millrace.ringbuffer.FinishReason;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Follows requests through a journal from ingress to last word. Holds only those that are open, so
 * that its size is what was in flight, not what was recorded. One thread.
 */
final class RequestLives {
    /** How a request ended. */
    enum End {
        /** With a whole answer. */
        ANSWERED,
        /** With an error status. */
        REFUSED,
        /** Because its client went away. */
        CANCELLED
    }

    /** An open request. */
    static final class Life {
        final long requestId;
        final long arrivalClockNanos;
        final String clientRequestId;
        long records = 1;
        long bytes;

        /** Whether a token of the answer is on record. */
        boolean answering;

        Life(JournalRecord record) {
            IngressRecord ingress = IngressRecord.of(record);
            requestId = record.requestId();
            arrivalClockNanos = ingress.arrivalClockNanos();
            clientRequestId = ingress.clientRequestId();
            bytes = record.length();
        }
    }

    private final Long2ObjectHashMap<Life> open = new Long2ObjectHashMap<>();

    /**
     * Takes note of a record.
     *
     * @return the request it belongs to; null for ENVIRONMENT, STEP and for requests that are not
     *     open
     */
    @Nullable Life see(JournalRecord record) {
        if (!record.type().ofRequest()) {
            return null;
        }
        if (record.type() == RecordType.INGRESS) {
            Life life = new Life(record);
            open.put(life.requestId, life);
            return life;
        }
        Life life = record.last() ? open.remove(record.requestId()) : open.get(record.requestId());
        if (life != null) {
            life.records++;
            life.bytes += record.length();
        }
        return life;
    }

    /** A run ended without a last word for these. */
    long abandon() {
        long unfinished = open.size();
        open.clear();
        return unfinished;
    }

    int openCount() {
        return open.size();
    }

    /** How a request ended, from its last record. */
    static End end(JournalRecord last) {
        return switch (last.type()) {
            case OUTPUT_FAILURE -> FailureRecord.of(last).cancelled() ? End.CANCELLED : End.REFUSED;
            case OUTPUT_TOKENS ->
                    TokensRecord.of(last).finish() == FinishReason.CANCELLED
                            ? End.CANCELLED
                            : End.ANSWERED;
            default -> End.ANSWERED;
        };
    }
}
