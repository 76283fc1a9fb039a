package dev.millrace.tools.replay;

import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import java.nio.file.Path;

/** The records of one run of a journal, one after the other. One thread. */
final class RunRecords implements AutoCloseable {
    private final JournalReader reader;
    private boolean begun;

    /**
     * @param number of the run in its journal, from 0
     * @throws IllegalArgumentException where the journal has no such run, or not its beginning
     */
    RunRecords(Path journal, int number) {
        reader = JournalReader.open(journal);
        int left = number;
        boolean first = true;
        while (reader.next()) {
            if (first && reader.prunedEnvironment() != null && left-- == 0) {
                break;
            }
            first = false;
            if (reader.record().type() == RecordType.ENVIRONMENT && left-- == 0) {
                return;
            }
        }
        reader.close();
        throw new IllegalArgumentException(
                "%s has no run %d from its beginning on".formatted(journal, number));
    }

    /** Moves on; the first record is the run's ENVIRONMENT. False at the end of the run. */
    boolean next() {
        if (!begun) {
            begun = true;
            return true;
        }
        return reader.next() && reader.record().type() != RecordType.ENVIRONMENT;
    }

    /** Valid until the next call of {@link #next}. */
    JournalRecord record() {
        return reader.record();
    }

    @Override
    public void close() {
        reader.close();
    }
}
