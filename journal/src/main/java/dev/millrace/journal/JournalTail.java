package dev.millrace.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last record of a journal that nobody is writing to, found without reading what lies before
 * it: the queue's header says where. Control path.
 */
final class JournalTail {
    private final byte[] chain;

    private JournalTail(byte[] chain) {
        this.chain = chain;
    }

    /** The chain of that record. */
    byte[] chain() {
        return chain.clone();
    }

    /**
     * @return null where the folder holds no record
     * @throws JournalException where the last record is not sound: nothing may be written behind
     *     it, since no reader would get there
     */
    static @Nullable JournalTail of(Path folder) throws IOException {
        List<Path> files = JournalFolder.files(folder);
        for (Path path : files.reversed()) {
            try (QueueFile file = new QueueFile(path, JournalReader.maxRecordBytes())) {
                JournalTail tail = of(file);
                if (tail != null) {
                    return tail;
                }
            }
        }
        return null;
    }

    private static @Nullable JournalTail of(QueueFile file) throws IOException {
        JournalTail last = null;
        file.seek(file.lastWritten());
        while (true) {
            switch (file.next()) {
                case RECORD -> last = new JournalTail(file.record().chain());
                case END, ENDED -> {
                    return last;
                }
                case DAMAGE ->
                        throw new JournalException(
                                "%s, byte %d: %s; no run can follow: move the *%s files away"
                                        .formatted(
                                                file.path(),
                                                file.recordPosition(),
                                                file.problem(),
                                                JournalFolder.FILE_SUFFIX));
            }
        }
    }
}
