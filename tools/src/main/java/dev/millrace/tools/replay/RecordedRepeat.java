package dev.millrace.tools.replay;

import dev.millrace.journal.DecisionRecord;
import dev.millrace.ringbuffer.Lane;
import dev.millrace.ringbuffer.RequestSlot;
import java.util.Objects;

/** Requests that were sent again: decided as then, from what was on record by that time. */
final class RecordedRepeat {
    private RecordedRepeat() {}

    /** Decides about a request that batch has seen. */
    static void decide(RequestSlot slot, DecisionRecord recorded) {
        if (!slot.admitted()) {
            return;
        }
        switch (recorded.outcome()) {
            case IN_PROGRESS, NOT_THE_SAME, NOT_ON_RECORD -> {
                String message = Objects.requireNonNullElse(recorded.message(), "");
                slot.context().refuse(recorded.outcome(), message, recorded.param());
            }
            default -> {
                if (recorded.repeats() != 0) {
                    slot.sampling.seed = recorded.seed();
                }
                if (recorded.lane() == Lane.RECORDED) {
                    // Executed by nobody, then as in the replay.
                    slot.lane = Lane.RECORDED;
                }
            }
        }
    }
}
