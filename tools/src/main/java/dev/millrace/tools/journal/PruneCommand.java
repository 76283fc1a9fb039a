package dev.millrace.tools.journal;

import dev.millrace.journal.JournalPruner;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code journal prune}: removes the oldest files, and notes what was there. */
@Command(
        name = "prune",
        description = {
            "Removes the oldest files of a journal that no server writes to.",
            "What is left can still be verified: a note keeps the chain before it."
        },
        mixinStandardHelpOptions = true)
final class PruneCommand extends JournalCommand.Reading {
    private static final Pattern BYTES = Pattern.compile("(\\d{1,15})([KMGT]?)");
    private static final Pattern AGE = Pattern.compile("(\\d{1,6})([dhm])");

    @Parameters(index = "0", paramLabel = "DIR", description = "folder of the journal")
    private Path folder = Path.of("");

    @Option(
            names = "--keep-bytes",
            paramLabel = "N",
            description = "remove files until no more is left: 5000000, 512M, 20G")
    private @Nullable String keepBytes;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            description = "remove files whose last record is older: 30d, 12h, 90m")
    private @Nullable String olderThan;

    @Option(names = "--dry-run", description = "say what would be removed, and remove nothing")
    private boolean dryRun;

    @Override
    int read() {
        if (keepBytes == null && olderThan == null) {
            return fail(JournalCommand.UNUSABLE, "prune: --keep-bytes or --older-than is needed");
        }
        long bytes = keepBytes == null ? JournalPruner.UNBOUNDED : bytes(keepBytes);
        long ageNanos = olderThan == null ? 0 : ageNanos(olderThan);
        if (bytes < 0) {
            return fail(
                    JournalCommand.UNUSABLE,
                    "--keep-bytes " + keepBytes + ": expected a number from 1, or 512M, 20G");
        }
        if (ageNanos < 0) {
            return fail(
                    JournalCommand.UNUSABLE,
                    "--older-than " + olderThan + ": expected an age such as 30d, 12h or 90m");
        }
        JournalPruner.Report report =
                JournalPruner.prune(
                        folder,
                        bytes,
                        olderThan == null ? JournalPruner.UNBOUNDED : now() - ageNanos,
                        dryRun);
        if (json) {
            ObjectNode node = RecordJson.MAPPER.createObjectNode();
            var files = node.putArray("files");
            report.files().forEach(file -> files.add(String.valueOf(file.getFileName())));
            node.put("bytes", report.bytes());
            node.put("kept_files", report.keptFiles());
            node.put("kept_bytes", report.keptBytes());
            node.put("dry_run", dryRun);
            print(node);
        } else {
            String done = dryRun ? "would be removed" : "removed";
            report.files().forEach(file -> line("%s: %s".formatted(done, file.getFileName())));
            line(
                    "%d files of %d bytes %s, %d of %d bytes kept"
                            .formatted(
                                    report.files().size(),
                                    report.bytes(),
                                    done,
                                    report.keptFiles(),
                                    report.keptBytes()));
        }
        return JournalCommand.OK;
    }

    private static long now() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    /** -1 where that is none. */
    private static long bytes(String text) {
        Matcher matcher = BYTES.matcher(text);
        if (!matcher.matches()) {
            return -1;
        }
        int power = matcher.group(2).isEmpty() ? 0 : 1 + "KMGT".indexOf(matcher.group(2));
        long number = Long.parseLong(matcher.group(1));
        boolean fits = number > 0 && number <= (1L << 50) >> (10 * power);
        return fits ? number << (10 * power) : -1;
    }

    /** -1 where that is none. */
    private static long ageNanos(String text) {
        Matcher matcher = AGE.matcher(text);
        if (!matcher.matches()) {
            return -1;
        }
        long number = Long.parseLong(matcher.group(1));
        TimeUnit unit =
                switch (matcher.group(2)) {
                    case "d" -> TimeUnit.DAYS;
                    case "h" -> TimeUnit.HOURS;
                    default -> TimeUnit.MINUTES;
                };
        return number <= unit.convert(36_500, TimeUnit.DAYS) ? unit.toNanos(number) : -1;
    }
}
