package dev.millrace.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a journal ends that nobody is writing to. Control path.
 *
 * @param chain of the last whole frame; null where there is none
 * @param last the newest file
 * @param torn what the newest file holds behind its last sound record, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record JournalTail(byte @Nullable [] chain, Path last, FileEnd.@Nullable Torn torn) {
    /**
     * @param doubtful whether what the newest file holds before its end may be damaged too
     * @return null where the folder holds no file
     * @throws JournalException where the end was written by a build that knows another layout, or
     *     lies behind a file that is damaged
     */
    static @Nullable JournalTail of(Path folder, boolean doubtful) throws IOException {
        List<Path> files = JournalFolder.files(folder);
        FileEnd.Torn torn = null;
        for (int i = files.size() - 1; i >= 0; i--) {
            Path path = files.get(i);
            FileEnd end = FileEnd.of(path, doubtful);
            if (i == files.size() - 1) {
                torn = end.torn();
            } else if (end.torn() != null && !JournalFolder.setAside(path)) {
                throw new JournalException(
                        "%s, byte %d: %s; no run can follow: move the *%s files away"
                                .formatted(
                                        path,
                                        end.torn().position(),
                                        end.torn().what(),
                                        JournalFolder.FILE_SUFFIX));
            }
            if (end.chain() != null) {
                return new JournalTail(end.chain(), files.getLast(), torn);
            }
        }
        return files.isEmpty() ? null : new JournalTail(null, files.getLast(), torn);
    }
}
