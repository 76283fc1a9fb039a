package dev.millrace.journal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What executed the run whose beginning was pruned: the file {@code journal.environment} beside the
 * others, a line that says where it belongs and then the text of the run's ENVIRONMENT. The chain
 * does not cover it: whoever changes it makes a replay differ, or not comparable, and no more.
 *
 * @param behind chain of the last frame that was removed, hex
 * @param facts of the run that goes on there
 */
record PrunedEnvironment(String behind, EnvironmentRecord facts) {
    private static final FolderNote NOTE =
            new FolderNote(
                    "journal.environment",
                    EnvironmentRecord.MAX_TEXT_BYTES + 1024,
                    Pattern.compile(
                            "millrace journal environment 1: behind ([0-9a-f]{64})\\n(.*)",
                            Pattern.DOTALL));

    /** The one in a folder; null where there is none, or none that says what it should. */
    static @Nullable PrunedEnvironment read(Path folder) throws IOException {
        Matcher matcher = NOTE.read(folder);
        return matcher != null
                ? new PrunedEnvironment(matcher.group(1), EnvironmentRecord.parse(matcher.group(2)))
                : null;
    }

    /** Whether the journal that begins with that frame begins where this belongs. */
    boolean precedes(JournalFrame first, Sha256 sha256) {
        return first.follows(HexFormat.of().parseHex(behind), sha256);
    }

    /** The last ENVIRONMENT in a file that will be removed; null where it begins no run. */
    static @Nullable EnvironmentRecord lastIn(Path path) throws IOException {
        EnvironmentRecord last = null;
        try (QueueFile file = new QueueFile(path, JournalReader.maxRecordBytes())) {
            // What is behind damage is read by nobody.
            while (file.next() == QueueFile.Found.RECORD) {
                if (file.record().type() == RecordType.ENVIRONMENT) {
                    last = EnvironmentRecord.of(file.record());
                }
            }
        }
        return last;
    }

    /** Whole, or as it was before. */
    void write(Path folder) throws IOException {
        var text = new ByteArrayOutputStream();
        text.writeBytes(
                ("millrace journal environment 1: behind " + behind + '\n')
                        .getBytes(StandardCharsets.US_ASCII));
        text.writeBytes(facts.text());
        NOTE.write(folder, text.toByteArray());
    }
}
