package dev.millrace.journal;

import dev.millrace.config.JournalConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a journal within {@code journal.retain-bytes} and {@code journal.retain-hours} while a
 * server writes it: whenever a file is begun, a thread of its own looks for what may go. The two
 * newest files stay, which hold what runs, and every file from the oldest on that a request which
 * may come again is answered from.
 */
final class JournalRetention {
    private static final Logger LOG = LoggerFactory.getLogger(JournalRetention.class);
    private static final long JOIN_MILLIS = 10_000;
    private static final int KEPT_FILES = 2;

    private final Path folder;
    private final long keepBytes;
    private final long keepNanos;
    private final KnownRequests known;
    private final EpochNanoClock wallClock;
    private @Nullable Thread thread;

    JournalRetention(
            Path folder, JournalConfig config, KnownRequests known, EpochNanoClock wallClock) {
        this.folder = folder;
        this.keepBytes = config.retainBytes();
        this.keepNanos = TimeUnit.HOURS.toNanos(config.retainHours());
        this.known = known;
        this.wallClock = wallClock;
        if (bounded()) {
            LOG.info(
                    "journal: keeps {} and {}, at least the two newest files",
                    keepBytes == 0 ? "any number of bytes" : keepBytes + " bytes",
                    keepNanos == 0 ? "records of any age" : config.retainHours() + " hours");
        }
    }

    private boolean bounded() {
        return keepBytes != 0 || keepNanos != 0;
    }

    /** The queue began a file. Holds the queue's write lock: nothing is looked at here. */
    void fileBegun() {
        Thread before = thread;
        if (bounded() && (before == null || !before.isAlive())) {
            thread = Thread.ofPlatform().daemon().name("journal-retention").start(this::prune);
        }
    }

    private void prune() {
        try {
            JournalPruner.Report report =
                    JournalPruner.prune(
                            folder,
                            keepBytes,
                            keepNanos == 0 ? 0 : wallClock.nanoTime() - keepNanos,
                            needed(),
                            false);
            if (!report.files().isEmpty()) {
                LOG.info(
                        "journal: {} files of {} bytes removed, {} of {} bytes kept",
                        report.files().size(),
                        report.bytes(),
                        report.keptFiles(),
                        report.keptBytes());
            }
        } catch (IOException | JournalException e) {
            LOG.warn("journal: nothing could be removed: {}", e.getMessage());
        }
    }

    private Path needed() throws IOException {
        List<Path> files = JournalFolder.files(folder);
        Path needed = files.get(Math.max(0, files.size() - KEPT_FILES));
        Path known = this.known.oldestFile();
        return known != null && JournalFolder.compare(known, needed) < 0 ? known : needed;
    }

    /** When nobody appends any more. */
    void close() {
        Thread running = thread;
        if (running == null) {
            return;
        }
        try {
            running.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
