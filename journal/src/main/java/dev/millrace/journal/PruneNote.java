package dev.millrace.journal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is known of files that were removed from the beginning of a journal: the file {@code
 * journal.pruned} beside the others, one line of text. What is left follows from {@code chain}, or,
 * where the remover died between its note and its deed, from {@code before}.
 *
 * @param files removed, ever
 * @param bytes that they held
 * @param untilNanos when the last record that was removed was appended, since the epoch
 * @param nextRecord index of the record behind it
 * @param before chain of the last frame before the file removed last, hex
 * @param chain of the last frame removed, hex
 */
public record PruneNote(
        long files, long bytes, long untilNanos, long nextRecord, String before, String chain) {
    private static final FolderNote NOTE =
            new FolderNote(
                    "journal.pruned",
                    1024,
                    Pattern.compile(
                            "millrace journal pruned 1: files (\\d{1,18}), bytes (\\d{1,18}),"
                                    + " until (\\d{1,19}), next (\\d{1,18}),"
                                    + " before ([0-9a-f]{64}), chain ([0-9a-f]{64})\\s*"));

    /** The note in a folder; null where there is none, or none that says what it should. */
    static @Nullable PruneNote read(Path folder) throws IOException {
        Matcher matcher = NOTE.read(folder);
        return matcher != null
                ? new PruneNote(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Long.parseUnsignedLong(matcher.group(3)),
                        Long.parseLong(matcher.group(4)),
                        matcher.group(5),
                        matcher.group(6))
                : null;
    }

    /** Whether a journal that begins with that frame begins where this note says. */
    boolean precedes(JournalFrame first, Sha256 sha256) {
        return first.follows(HexFormat.of().parseHex(chain), sha256)
                || first.follows(HexFormat.of().parseHex(before), sha256);
    }

    /** Whole, or as it was before. */
    void write(Path folder) throws IOException {
        String text =
                String.format(
                        Locale.ROOT,
                        "millrace journal pruned 1: files %d, bytes %d, until %d, next %d,"
                                + " before %s, chain %s%n",
                        files,
                        bytes,
                        untilNanos,
                        nextRecord,
                        before,
                        chain);
        NOTE.write(folder, text.getBytes(StandardCharsets.US_ASCII));
    }
}
