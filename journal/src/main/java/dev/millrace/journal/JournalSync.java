package dev.millrace.journal;

import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.Counters;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Brings what was appended to the disk, for {@code journal.durability: fsync-batch}. A thread that
 * needs its last record there asks; whoever asks while another thread's call is under way waits,
 * and mostly finds that the next call covered its record too. Any appending thread.
 *
 * <p>The queue's own way (msync through its POSIX layer) is not used: that layer is switched off.
 * Syncing the file writes back its mapped pages as well.
 *
 * <p>A failure is for good: the kernel may have dropped the pages that it could not write, and a
 * later call that succeeds would say nothing of them.
 */
final class JournalSync implements AutoCloseable {
    /** What brings a file to the disk. */
    @FunctionalInterface
    interface Force {
        void force(FileChannel channel) throws IOException;
    }

    private final Force force;
    private final Counters counters;
    private final AtomicLong committed = new AtomicLong();
    private final List<FileChannel> left = new ArrayList<>();
    private long synced;
    private @Nullable File file;
    private @Nullable FileChannel channel;
    private boolean failed;

    JournalSync(Counters counters) {
        // Data and what is needed to find it; not the time of the last change.
        this(counters, channel -> channel.force(false));
    }

    JournalSync(Counters counters, Force force) {
        this.counters = counters;
        this.force = force;
    }

    /** The next record goes to that file. Holds the queue's write lock. */
    void writingTo(File next) {
        if (next.equals(file)) {
            return;
        }
        try {
            begin(next);
        } catch (IOException e) {
            throw new JournalException(next + " cannot be synced: " + e, e);
        }
        file = next;
    }

    private synchronized void begin(File next) throws IOException {
        if (channel != null) {
            left.add(channel);
        }
        channel = FileChannel.open(next.toPath(), StandardOpenOption.WRITE);
        Path folder = next.toPath().toAbsolutePath().getParent();
        if (folder != null) {
            // The file's name must be there too.
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
    }

    /** Every record below that index is in the page cache. */
    void committed(long recordIndex) {
        committed.accumulateAndGet(recordIndex, Math::max);
    }

    /**
     * Returns when every record below that index is on the disk.
     *
     * @throws JournalException where it is not, and never will be known to be
     */
    synchronized void sync(long recordIndex) {
        if (failed) {
            throw new JournalException("the journal could not be synced; restart the server");
        }
        if (recordIndex <= synced || channel == null) {
            return;
        }
        // What other threads committed meanwhile is covered too.
        long covered = committed.get();
        try {
            for (FileChannel before : left) {
                force.force(before);
                before.close();
            }
            left.clear();
            force.force(channel);
        } catch (IOException e) {
            failed = true;
            throw new JournalException("the journal could not be synced: " + e, e);
        }
        counters.increment(Counter.JOURNAL_SYNCS);
        synced = covered;
    }

    /** Only when nobody appends any more. */
    @Override
    public synchronized void close() throws IOException {
        for (FileChannel before : left) {
            before.close();
        }
        if (channel != null) {
            channel.close();
        }
    }
}
