package dev.millrace.journal;

import dev.millrace.config.ConfigLoader;
import dev.millrace.config.JournalConfig;
import dev.millrace.ringbuffer.Counters;
import dev.millrace.ringbuffer.LaneTurn;
import java.nio.file.Path;
import net.openhft.chronicle.core.time.SystemTimeProvider;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal of its own made of some records of another's run, with their times; their indexes and
 * chain are its own. What is left out is left out of steps too. One thread.
 */
public final class JournalExcerpt implements AutoCloseable {
    private static final int LARGEST_BODY_BYTES = 16 << 20;

    private final Journal journal;
    private final JournalAppender appender;
    private final ExpandableArrayBuffer step = new ExpandableArrayBuffer();
    private long clockNanos;
    private long wallNanos;

    /**
     * Begins an excerpt in a folder that holds no journal.
     *
     * @param environment the run's first record
     * @throws JournalException where the folder cannot be used
     */
    public JournalExcerpt(Path folder, JournalRecord environment) {
        at(environment);
        JournalConfig config =
                new ConfigLoader()
                        .flag("--out", "journal.dir", folder.toString())
                        .load()
                        .config()
                        .journal();
        journal =
                Journal.open(
                        config,
                        LARGEST_BODY_BYTES,
                        () -> EnvironmentRecord.of(environment),
                        new Counters(),
                        () -> clockNanos,
                        () -> wallNanos,
                        SystemTimeProvider.INSTANCE);
        appender = journal.appender();
    }

    private void at(JournalRecord record) {
        clockNanos = record.clockNanos();
        wallNanos = record.wallNanos();
    }

    /** Takes over a record as it stands. */
    public void add(JournalRecord record) {
        byte[] part = record.copy(JournalRecord.HEADER_BYTES, record.partBytes());
        append(record, new UnsafeBuffer(part), part.length);
    }

    /** Takes over a step, as far as it is told in {@code turn}. */
    public void add(JournalRecord record, LaneTurn turn) {
        append(record, step, StepRecord.encode(turn, step));
    }

    private void append(JournalRecord record, DirectBuffer part, int bytes) {
        at(record);
        boolean appended =
                appender.append(
                        record.type(),
                        record.flags(),
                        record.requestId(),
                        JournalRecord.HEADER_BYTES,
                        part,
                        bytes);
        if (!appended) {
            throw new JournalException(
                    record.type() + " could not be written: " + journal.problem());
        }
    }

    @Override
    public void close() {
        journal.close();
    }
}
