package dev.millrace.journal;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where one file of a journal ends. Control path.
 *
 * @param chain of the last whole frame; null where there is none
 * @param wallNanos when that was appended, since the epoch; 0 where there is none
 * @param nextRecord index of the record behind it
 * @param bytes that the file holds, documents of the queue included
 * @param torn what it holds behind its last sound record, or null
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record FileEnd(
        byte @Nullable [] chain, long wallNanos, long nextRecord, long bytes, @Nullable Torn torn) {
    /**
     * Bytes that are no record.
     *
     * @param position of the first, in its file
     */
    record Torn(long position, String what) {}

    /**
     * @param doubtful whether what lies before the end may be damaged too: the file is read from
     *     its beginning, and not from where the queue's header says that its end is
     * @throws JournalException where the end was written by a build that knows another layout
     */
    static FileEnd of(Path path, boolean doubtful) throws IOException {
        try (QueueFile file = new QueueFile(path, JournalReader.maxRecordBytes())) {
            if (doubtful || JournalFolder.setAside(path)) {
                return from(file, 0);
            }
            FileEnd fast = from(file, file.lastWritten());
            if (fast.torn == null) {
                return fast;
            }
            // Where a reader stops; or the queue's header points to nowhere.
            FileEnd whole = from(file, 0);
            return whole.torn == null
                    ? new FileEnd(
                            whole.chain, whole.wallNanos, whole.nextRecord, whole.bytes, fast.torn)
                    : whole;
        }
    }

    private static FileEnd from(QueueFile file, long position) throws IOException {
        file.seek(position);
        byte[] chain = null;
        long wallNanos = 0;
        long nextRecord = 0;
        while (true) {
            switch (file.next()) {
                case RECORD -> {
                    JournalFrame frame = file.frame();
                    if (frame.whole()) {
                        chain = frame.begins() ? frame.chain() : chain;
                        wallNanos = file.record().wallNanos();
                        nextRecord = file.record().recordIndex() + 1;
                    }
                }
                case END, ENDED -> {
                    Torn all = new Torn(0, "the queue's own header is gone");
                    Torn torn = file.headless() ? all : null;
                    return new FileEnd(chain, wallNanos, nextRecord, file.framePosition(), torn);
                }
                case DAMAGE -> {
                    if (file.frame().otherLayout()) {
                        throw new JournalException(
                                "%s, byte %d: %s; no run can follow: move the *%s files away"
                                        .formatted(
                                                file.path(),
                                                file.recordPosition(),
                                                file.problem(),
                                                JournalFolder.FILE_SUFFIX));
                    }
                    return new FileEnd(
                            chain,
                            wallNanos,
                            nextRecord,
                            file.framePosition(),
                            new Torn(file.recordPosition(), file.problem()));
                }
            }
        }
    }
}
