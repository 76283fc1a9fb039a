package dev.millrace.tools.replay;

import org.jspecify.annotations.Nullable;

/**
 * A request's answer on record beside the one that another policy or model gives.
 *
 * @param outcome TOKENS_EQUAL for the same tokens, or vectors in the same direction, of other bits
 * @param detail what differs, or why nothing can be compared
 * @param cut one of the answers was not brought to its end: compared as far as both go
 * @param texts how many texts were compared
 * @param firstDivergence the earliest token of a text that differs; -1 where none does
 * @param distance edits by the length of the longer text, 0 for the same and 1 for nothing in
 *     common
 * @param recordedTokens of its texts, as far as they were compared
 * @param replayedTokens likewise
 * @param vectors the largest distances of its vectors and tensors; null where it has none
 * @param recorded when it was answered by the server that recorded it
 * @param baseline when it is answered under the recorded policy here; null where that was not asked
 * @param replayed when it is answered under the other policy here
 */
record Compared(
        RecordedRequest request,
        Outcome outcome,
        String detail,
        boolean cut,
        int texts,
        int firstDivergence,
        double distance,
        int recordedTokens,
        int replayedTokens,
        Vectors.@Nullable Distance vectors,
        @Nullable Timing recorded,
        @Nullable Timing baseline,
        @Nullable Timing replayed) {

    /** Whether there were two answers to compare. */
    boolean comparable() {
        return outcome != Outcome.NOT_COMPARABLE;
    }

    /** Whether a client would have read the same. */
    boolean same() {
        return outcome == Outcome.EXACT || outcome == Outcome.TOKENS_EQUAL;
    }

    /** Whether both answers were given in full, so that their times can be compared. */
    boolean answeredBoth() {
        return comparable()
                && !cut
                && request.recorded.failure == null
                && request.replayed.failure == null;
    }
}
