package dev.millrace.tools.replay;

import dev.millrace.journal.IngressRecord;
import org.jspecify.annotations.Nullable;

/** A request of the recording, and what is found out about it while it is replayed. */
final class RecordedRequest {
    final long requestId;
    final String clientRequestId;
    final long caller;

    /** Since the epoch. */
    final long arrivalWallNanos;

    /** Whether its body is on record, and not only the body's digest. */
    final boolean bodyStored;

    final AnswerBits recorded;
    final AnswerBits replayed = new AnswerBits();

    /** Empty until the last word names it. */
    String model = "";

    /** Whether a decision about it is on record, so that it was handled at all. */
    boolean decided;

    /**
     * It ended, or did not, behind a time in which the journal could not be written: steps may be
     * missing.
     */
    boolean besideGap;

    /** The request whose recorded answer it was given; 0 for one that was executed. */
    long repeated;

    /** The best of several runs are published, under numbers of their own. */
    boolean choosesBest;

    /** What it gave back to its caller's permits in the replay. */
    long tokensBack;

    /** The first token that came out otherwise. */
    @Nullable Divergence divergence;

    /** The first token whose logits were not the same bits; empty where all were. */
    String logitsPart = "";

    /** What else went otherwise: a decision, the company it was executed in. */
    String note = "";

    RecordedRequest(long requestId, IngressRecord ingress) {
        this(
                requestId,
                ingress.clientRequestId(),
                ingress.callerId(),
                ingress.arrivalWallNanos(),
                ingress.bodyStored(),
                new AnswerBits());
    }

    private RecordedRequest(
            long requestId,
            String clientRequestId,
            long caller,
            long arrivalWallNanos,
            boolean bodyStored,
            AnswerBits recorded) {
        this.requestId = requestId;
        this.clientRequestId = clientRequestId;
        this.caller = caller;
        this.arrivalWallNanos = arrivalWallNanos;
        this.bodyStored = bodyStored;
        this.recorded = recorded;
    }

    /** The same request, of which nothing is found out. */
    RecordedRequest again() {
        var again =
                new RecordedRequest(
                        requestId, clientRequestId, caller, arrivalWallNanos, bodyStored, recorded);
        again.model = model;
        again.decided = decided;
        again.besideGap = besideGap;
        again.repeated = repeated;
        return again;
    }

    /** Why it cannot be answered again, whatever executes it; empty where it can. */
    String notReplayable() {
        if (!bodyStored) {
            return "its body is not on record";
        }
        if (besideGap) {
            return "the journal could not be written for a while before its end";
        }
        return decided ? "" : "the recording ends before it was decided upon";
    }

    /** Keeps the first note. */
    void note(String what) {
        if (note.isEmpty()) {
            note = what;
        }
    }
}
