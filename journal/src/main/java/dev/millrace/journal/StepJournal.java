package dev.millrace.journal;

import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.TurnJournal;
import org.agrona.ExpandableDirectByteBuffer;

/**
 * Puts the turns of one lane on record. Runs on: that lane's thread. Owns: its appender, and a
 * buffer that grows with the largest turn.
 */
final class StepJournal implements TurnJournal {
    private static final int INITIAL_BYTES = 4 << 10;

    private final JournalAppender appender;
    private final ExpandableDirectByteBuffer part = new ExpandableDirectByteBuffer(INITIAL_BYTES);

    StepJournal(JournalAppender appender) {
        this.appender = appender;
    }

    @Override
    public boolean append(LaneTurn turn) {
        int bytes = StepRecord.encode(turn, part);
        // Where false, the lane answers the requests that it must not execute.
        return appender.append(RecordType.STEP, 0, 0, JournalRecord.HEADER_BYTES, part, bytes)
                && appender.sync();
    }
}
