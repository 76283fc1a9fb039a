package dev.millrace.journal;

import dev.millrace.ringbuffer.LaneTurn;
import java.util.HashMap;
import java.util.Map;

/** A request without a last word: how far it has come at some point of its journal. One thread. */
final class OpenRequest {
    private final long requestId;
    private final String clientRequestId;
    private final String line;
    private final long arrivalWallNanos;
    private final long arrivalClockNanos;
    private JournalPostmortem.Progress progress = JournalPostmortem.Progress.RECEIVED;
    private int lane = -1;
    private int tokens;
    private boolean cancelled;

    /** Index of the latest output of each run. */
    private final Map<Integer, Long> outputs = new HashMap<>();

    OpenRequest(JournalRecord record) {
        IngressRecord ingress = IngressRecord.of(record);
        requestId = record.requestId();
        clientRequestId = ingress.clientRequestId();
        line = ingress.head().lines().findFirst().orElse(ingress.route().path());
        arrivalWallNanos = ingress.arrivalWallNanos();
        arrivalClockNanos = ingress.arrivalClockNanos();
    }

    /** A record of this request that is not its last word. */
    void see(JournalRecord record) {
        switch (record.type()) {
            case DECISION -> {
                DecisionRecord decision = DecisionRecord.of(record);
                lane = decision.lane();
                progress =
                        decision.admitted()
                                ? JournalPostmortem.Progress.ADMITTED
                                : JournalPostmortem.Progress.REFUSED;
            }
            case CANCEL -> cancelled = true;
            case OUTPUT_TOKENS -> {
                TokensRecord answer = TokensRecord.of(record);
                if (!answer.prompt()) {
                    tokens += answer.count();
                    output(record);
                }
            }
            case OUTPUT_EMBEDDING -> output(record);
            // A request's tensors come out of one execution, which ends with the last of them.
            case OUTPUT_TENSOR -> progress = JournalPostmortem.Progress.ANSWERING;
            case ENVIRONMENT, INGRESS, STEP, GAP, OUTPUT_FAILURE -> {}
        }
    }

    private void output(JournalRecord record) {
        progress = JournalPostmortem.Progress.ANSWERING;
        outputs.put(OutputRecord.of(record).index(), record.recordIndex());
    }

    void noticed(LaneTurn.Event event) {
        switch (event) {
            case TAKEN -> progress = JournalPostmortem.Progress.WAITING;
            case CANCELLED -> cancelled = true;
            case EXPIRED, FORM_READY, FORM_REFUSED -> {}
        }
    }

    /** It is part of a step. */
    void executed() {
        if (progress != JournalPostmortem.Progress.ANSWERING) {
            progress = JournalPostmortem.Progress.STARTED;
        }
    }

    /** Whether the run has an output on record behind that record. */
    boolean answeredSince(int run, long recordIndex) {
        return outputs.getOrDefault(run, -1L) > recordIndex;
    }

    JournalPostmortem.Request report(long endClockNanos) {
        return new JournalPostmortem.Request(
                requestId,
                clientRequestId,
                line,
                arrivalWallNanos,
                endClockNanos - arrivalClockNanos,
                progress,
                lane,
                tokens,
                cancelled);
    }
}
