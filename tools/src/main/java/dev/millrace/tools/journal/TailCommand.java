package dev.millrace.tools.journal;

import dev.millrace.journal.JournalException;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code journal tail}: the last records, and with {@code -f} those to come. */
@Command(
        name = "tail",
        description = "Prints the last records, one a line; -f follows a running server.",
        mixinStandardHelpOptions = true)
final class TailCommand extends JournalCommand.Reading {
    private static final long POLL_NANOS = 50_000_000;
    private static final int MAX_LINES = 1_000_000;

    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Option(names = "-f", description = "go on until interrupted")
    private boolean follow;

    @Option(names = "-n", paramLabel = "N", description = "records to begin with (default 10)")
    private int count = 10;

    @Override
    int read() {
        if (count < 0 || count > MAX_LINES) {
            return fail(JournalCommand.UNUSABLE, "-n " + count + ": from 0 to " + MAX_LINES);
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            Deque<String> lines = new ArrayDeque<>();
            while (reader.next()) {
                if (lines.size() == count) {
                    lines.poll();
                }
                if (count > 0) {
                    lines.add(line(reader.record()));
                }
            }
            lines.forEach(out()::println);
            if (follow) {
                follow(reader);
            }
            return end(reader.damage());
        }
    }

    private void follow(JournalReader reader) {
        // What a killed server left unfinished is set aside by the next, and read on behind.
        boolean sound = reader.damage() == null;
        while (sound && !Thread.currentThread().isInterrupted()) {
            while (reader.next()) {
                out().println(line(reader.record()));
            }
            if (out().checkError()) {
                throw new JournalException("nobody reads what is printed");
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private String line(JournalRecord record) {
        return json ? RecordJson.of(record).toString() : RecordLine.of(record);
    }
}
