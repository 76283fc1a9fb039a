package dev.millrace.journal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room on the disk and in the page cache ahead of whoever appends. Nothing is appended where blocks
 * of the disk were not reserved before: a full disk is then an error of one append, and never a
 * page that cannot be had. A thread of its own, {@code journal-pretouch}, reserves further ahead
 * and writes zeros there, so that no stage waits for pages of the cache; it sleeps until the writer
 * asks. It also sees to what the page cache keeps behind the writer.
 *
 * <p>No zero is written where the writer may be: it says how far it goes before it looks whether
 * zeros are written there, and who writes zeros says where before it looks how far the writer goes.
 *
 * <p>{@link #need}, {@link #writingTo} and {@link #written} are called under the queue's write
 * lock.
 */
final class JournalRoom implements AutoCloseable {
    /** What the queue may write for itself behind a frame: documents of its index. */
    static final long OWN_BYTES = 1 << 20;

    /** What a file that is begun takes at first. */
    static final long FILE_BYTES = 2 * OWN_BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(JournalRoom.class);
    private static final long LEAST_AHEAD = 4 << 20;
    private static final long MOST_AHEAD = 32 << 20;

    /** The writer says how far it goes in steps of this. */
    private static final long STEP_BYTES = 256 << 10;

    private static final long NEVER = Long.MAX_VALUE;
    private static final long JOIN_MILLIS = 10_000;

    /** Asked again within this time, the thread goes twice as far ahead. */
    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Path folder;
    private final boolean synced;
    private final CachedTail tail;
    private final Thread thread;
    private volatile long askAt = NEVER;
    private volatile long reserved;
    private volatile long position;

    /** What is before that is the writer's. */
    private volatile long writers;

    /** Where zeros are being written. */
    private volatile long zeroed = NEVER;

    private volatile boolean closing;

    // Under the monitor, as a call may take long.
    private @Nullable FileBlocks blocks;
    private @Nullable File file;
    private long begun;
    private long touched;
    private long ahead = LEAST_AHEAD;
    private long askedNanos;
    private boolean unknown;

    /**
     * @param synced whether the file is synced again and again, with all of every dirty page
     * @param tail what stays in the page cache behind the writer
     */
    JournalRoom(Path folder, boolean synced, CachedTail tail) {
        this.folder = folder;
        this.synced = synced;
        this.tail = tail;
        this.thread = Thread.ofPlatform().daemon().name("journal-pretouch").start(this::run);
    }

    /**
     * A file is to be begun.
     *
     * @throws JournalException where the disk has no room for one
     */
    void needFile() {
        needFile(folder);
    }

    /** The same, before there is a journal in the folder. */
    static void needFile(Path folder) {
        try {
            long usable = Files.getFileStore(folder).getUsableSpace();
            if (usable < FILE_BYTES) {
                throw new JournalException(
                        "no room on the disk of %s: %d bytes, and a file begins with %d"
                                .formatted(folder, usable, FILE_BYTES));
            }
        } catch (IOException e) {
            throw new JournalException(folder + " cannot be looked at: " + e, e);
        }
    }

    /** The queue writes to that file from there on. */
    void writingTo(File next, long from) {
        synchronized (this) {
            closeBlocks();
            file = next;
            try {
                blocks = FileBlocks.of(next.toPath());
            } catch (IOException e) {
                throw new JournalException(next + " cannot be opened: " + e, e);
            }
            reserved = from & -FileBlocks.PIECE_BYTES;
            touched = from;
            begun = from;
            position = from;
            writers = from + OWN_BYTES;
        }
        askAt = from;
    }

    /**
     * Returns when bytes before {@code end} of the file have their blocks, and nobody but the
     * writer writes there.
     *
     * @throws JournalException where the disk has none
     */
    void need(long end) {
        long least = end + OWN_BYTES;
        if (least > reserved) {
            reserve(end);
        }
        if (least > writers) {
            writers = least + STEP_BYTES;
            if (writers > zeroed) {
                awaitZeros();
            }
        }
    }

    /** They are written under the monitor. */
    private synchronized void awaitZeros() {
        assert zeroed == NEVER;
    }

    private synchronized void reserve(long end) {
        long least = end + OWN_BYTES;
        if (blocks == null || least <= reserved || reserve(least, LEAST_AHEAD)) {
            return;
        }
        throw new JournalException("no room on the disk for %s".formatted(file));
    }

    /**
     * Returns false where the disk has no room for as much as {@code least}. A page of the cache is
     * written as a whole, however large the kernel made it: none is reserved in part.
     */
    private synchronized boolean reserve(long least, long more) {
        if (unknown || blocks == null) {
            reserved = NEVER;
            return true;
        }
        long end = wholePieces(least + more);
        FileBlocks.Reserved got = blocks.reserve(reserved, end - reserved);
        if (got == FileBlocks.Reserved.NO_SPACE) {
            end = wholePieces(least);
            got = blocks.reserve(reserved, end - reserved);
        }
        switch (got) {
            case DONE -> reserved = end;
            case NO_SPACE -> {
                return false;
            }
            case UNKNOWN -> {
                unknown = true;
                reserved = NEVER;
                LOG.info("journal: nothing can be reserved on the disk of {}", folder);
            }
        }
        return true;
    }

    private static long wholePieces(long bytes) {
        return (bytes + FileBlocks.PIECE_BYTES - 1) & -FileBlocks.PIECE_BYTES;
    }

    /** The file is written up to there. */
    void written(long end) {
        position = end;
        if (end >= askAt) {
            askAt = NEVER;
            LockSupport.unpark(thread);
        }
    }

    /** Whether the thread is asked for more, and not done with it. */
    boolean preparing() {
        return askAt == NEVER;
    }

    private void run() {
        try (tail) {
            while (!closing) {
                LockSupport.park(this);
                if (!closing && preparing()) {
                    prepare();
                }
            }
        } catch (IOException e) {
            LOG.debug("journal: a file of {} not closed", folder, e);
        }
    }

    private void prepare() {
        File prepared;
        long from;
        long end;
        synchronized (this) {
            long now = System.nanoTime();
            boolean soon = now - askedNanos < SOON_NANOS;
            ahead = soon ? Math.min(2 * ahead, MOST_AHEAD) : Math.max(ahead / 2, LEAST_AHEAD);
            askedNanos = now;
            prepared = file;
            from = begun;
            end = wholePieces(position + ahead);
            if (end + OWN_BYTES > reserved) {
                reserve(end + OWN_BYTES, 0);
            }
        }
        // First, so that pages given up behind the writer are those that are taken ahead of it.
        follow(prepared, from);
        while (!closing && touch(prepared, end)) {
            // In pieces, between which the writer may come.
        }
    }

    /** Without the monitor: the disk may take its time, and nobody who appends waits for it. */
    private void follow(@Nullable File written, long from) {
        try {
            if (written != null) {
                tail.follow(written, from, position);
            }
        } catch (IOException e) {
            // The kernel writes and gives up in its own time.
            LOG.debug("journal: {} not followed", written, e);
        }
    }

    /** Returns whether more is to be done. */
    private synchronized boolean touch(@Nullable File prepared, long wanted) {
        if (blocks == null || !Objects.equals(prepared, file)) {
            return false;
        }
        long end = wanted;
        try {
            // The queue makes its file longer when it comes to another block.
            end = Math.min(wanted, blocks.fileBytes());
            long from = Math.max(touched, synced ? position : writers);
            touched = Math.min(Math.max(end, from), wholePieces(from + 1));
            if (from < touched) {
                bringIn(from, touched);
            }
        } catch (IOException | RuntimeException e) {
            // Whoever writes there does it.
            LOG.debug("journal: {} not prepared", file, e);
            touched = end;
        }
        if (touched < end) {
            return true;
        }
        askAt = Math.max(end - ahead / 2, position + OWN_BYTES);
        return false;
    }

    /** Zeros, written where nobody syncs them, else read. */
    private void bringIn(long from, long end) throws IOException {
        FileBlocks to = Objects.requireNonNull(blocks);
        if (synced || unknown || end > reserved) {
            to.touch(from, end - from);
            return;
        }
        zeroed = from;
        try {
            if (writers <= from) {
                to.zero(from, end - from);
            }
        } finally {
            zeroed = NEVER;
        }
    }

    private void closeBlocks() {
        try {
            if (blocks != null) {
                if (!unknown) {
                    long kept = position + OWN_BYTES;
                    blocks.release(kept, reserved - kept);
                }
                blocks.close();
                blocks = null;
            }
        } catch (IOException e) {
            throw new JournalException(file + " cannot be closed: " + e, e);
        }
    }

    /** Only when nobody appends any more. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        synchronized (this) {
            closeBlocks();
        }
        try {
            thread.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
