package dev.millrace.tools.replay;

import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.tools.load.Answer;
import dev.millrace.tools.load.Outgoing;
import org.jspecify.annotations.Nullable;

/**
 * A request on record and what became of it. Immutable.
 *
 * @param requestId of the run that recorded it
 * @param callerId stands for who sent it
 * @param outgoing what is sent of it again
 * @param model that answered, else that was asked for; empty where neither is known
 * @param text its text side; null where it cannot be had, or nothing was generated
 * @param fields what its body says of the answer
 * @param end how it ended
 * @param answer what was answered; choices have their ids, and their text where that can be had
 * @param firstTokenNanos from arrival to the first token on record; -1 where there is none
 * @param latencyNanos from arrival to the last word on record
 */
record PastRequest(
        long requestId,
        long callerId,
        Outgoing outgoing,
        String model,
        @Nullable TextModel text,
        BodyFields fields,
        End end,
        Answer answer,
        long firstTokenNanos,
        long latencyNanos) {
    /** How a request ended. */
    enum End {
        /** With an answer, be it a refusal. */
        ANSWERED,
        /** Because its client went away. */
        CANCELLED,
        /** The journal ends before it does. */
        UNFINISHED
    }
}
