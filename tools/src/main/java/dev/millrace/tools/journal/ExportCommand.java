package dev.millrace.tools.journal;

import dev.millrace.config.ConfigException;
import dev.millrace.journal.JournalException;
import dev.millrace.journal.JournalReader;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.RecordType;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code journal export}: records as JSON, one a line, for other programs. */
@Command(
        name = "export",
        description = "Writes records as JSON, one a line.",
        mixinStandardHelpOptions = true)
final class ExportCommand extends JournalCommand.Reading {
    /** Asking flushes. */
    private static final int CHECKED_EVERY = 4096;

    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Option(names = "--jsonl", description = "JSON, one record a line; the only format")
    void jsonl(boolean asked) {}

    @Option(names = "--out", paramLabel = "FILE", description = "instead of standard output")
    private @Nullable Path file;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            split = ",",
            description = "only these: environment, ingress, decision, step, output_tokens …")
    private List<String> types = List.of();

    @Option(
            names = "--from",
            paramLabel = "T",
            description = {
                "records made at T or later: seconds since the first one,",
                "or a time such as 2026-11-22T17:51:23.5Z"
            })
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "T", description = "records made before T, likewise")
    private @Nullable String to;

    @Override
    int read() {
        Set<RecordType> wanted = EnumSet.noneOf(RecordType.class);
        try {
            for (String type : types) {
                wanted.add(type(type));
            }
            bound("--from", from, 0, 0);
            bound("--to", to, 0, 0);
        } catch (ConfigException e) {
            return fail(JournalCommand.UNUSABLE, String.valueOf(e.getMessage()));
        }
        try (JournalReader reader = JournalReader.open(folder)) {
            if (file == null) {
                write(reader, wanted, out());
            } else {
                try (BufferedWriter writer = Files.newBufferedWriter(file)) {
                    write(reader, wanted, writer);
                }
            }
            return end(reader.damage());
        } catch (IOException e) {
            return fail(JournalCommand.UNUSABLE, "--out " + file + " cannot be written: " + e);
        }
    }

    private static RecordType type(String name) {
        return Arrays.stream(RecordType.values())
                .filter(type -> name(type).equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new ConfigException(
                                "--type",
                                name,
                                "one of "
                                        + Arrays.stream(RecordType.values())
                                                .map(ExportCommand::name)
                                                .collect(Collectors.joining(", "))));
    }

    private static String name(RecordType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private void write(JournalReader reader, Set<RecordType> wanted, Writer to) throws IOException {
        long lower = Long.MIN_VALUE;
        long upper = Long.MAX_VALUE;
        boolean first = true;
        int written = 0;
        while (reader.next()) {
            JournalRecord record = reader.record();
            if (first) {
                lower = bound("--from", from, Long.MIN_VALUE, record.wallNanos());
                upper = bound("--to", this.to, Long.MAX_VALUE, record.wallNanos());
                first = false;
            }
            if ((wanted.isEmpty() || wanted.contains(record.type()))
                    && record.wallNanos() >= lower
                    && record.wallNanos() < upper) {
                to.write(RecordJson.of(record).toString());
                to.write('\n');
                if (++written % CHECKED_EVERY == 0 && out().checkError()) {
                    throw new JournalException("nobody reads what is printed");
                }
            }
        }
    }

    private static long bound(
            String option, @Nullable String text, long unbounded, long firstWallNanos) {
        return text == null ? unbounded : RecordedRange.wallNanos(option, text, firstWallNanos);
    }
}
