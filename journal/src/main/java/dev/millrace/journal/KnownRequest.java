package dev.millrace.journal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A request that may be asked for again, and where its answer lies on record.
 *
 * <p>Made by the {@code batch} stage's thread, or when the journal is opened; {@link #recorded} and
 * {@link #lost} are called by whoever puts its replies on record, or finds that they cannot be
 * read. The state is written last and read first.
 */
final class KnownRequest {
    /** What there is to answer with. */
    enum State {
        /** It is being answered. */
        RUNNING,
        /** The whole answer is on record. */
        ANSWERED,
        /** It failed, was given up or cut off, or its answer is not whole: it may be tried anew. */
        UNANSWERED
    }

    /** The request whose replies answer it. */
    final long requestId;

    /** The request that first asked: its id stands in every answer. */
    final long originId;

    /** When that one arrived, since the epoch. */
    final long originEpochNanos;

    final long callerId;

    /** The key it names; null for none. */
    final @Nullable Digest128 key;

    final Digest128 digest;

    /** Of sampling, so that the answer is the same again. */
    final long seed;

    private @Nullable Path file;
    private long position;
    private boolean whole = true;
    private volatile State state = State.RUNNING;

    KnownRequest(
            long requestId,
            long originId,
            long originEpochNanos,
            long callerId,
            @Nullable Digest128 key,
            Digest128 digest,
            long seed) {
        this.requestId = requestId;
        this.originId = originId;
        this.originEpochNanos = originEpochNanos;
        this.callerId = callerId;
        this.key = key;
        this.digest = digest;
        this.seed = seed;
    }

    State state() {
        return state;
    }

    /** Whether no reply is on record yet. */
    boolean untouched() {
        return file == null;
    }

    /** Where its first reply lies: from there on forward is its answer. */
    void beginsAt(Path file, long position) {
        this.file = file;
        this.position = position;
    }

    /**
     * A reply is on record.
     *
     * @param good whether an answer can be made of it
     * @param last whether it is the last
     */
    void recorded(boolean good, boolean last) {
        whole &= good;
        if (last) {
            state = whole ? State.ANSWERED : State.UNANSWERED;
        }
    }

    /** There is no answer, or none any more. */
    void lost() {
        whole = false;
        state = State.UNANSWERED;
    }

    /** Of one that is ANSWERED. */
    Path file() {
        Path present = file;
        if (present == null) {
            throw new IllegalStateException("no reply is on record");
        }
        return present;
    }

    /** Of the document in {@link #file} that holds the first reply. */
    long position() {
        return position;
    }
}
