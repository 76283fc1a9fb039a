package dev.millrace.journal;

import java.io.File;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How much of a file stays in the page cache behind its writer. Without a bound a journal fills the
 * memory of the machine, at the cost of what else is cached there, as mapped weights; and each page
 * it takes is a fresh one, which a virtual machine has to ask its host for. With one, the pages
 * that it leaves are those that it takes next.
 *
 * <p>One thread at a time.
 */
final class CachedTail implements AutoCloseable {
    /** Of the queue, that may be mapped yet: a mapped page is not given up. */
    private static final int MAPPED_BLOCKS = 3;

    private final long keptBytes;
    private final long dirtyBytes;
    private @Nullable File file;
    private @Nullable FileBlocks blocks;
    private long writing;
    private long given;

    /** Behind a writer whose queue maps blocks of that size. */
    static CachedTail ofBlocks(long blockBytes) {
        return new CachedTail(MAPPED_BLOCKS * blockBytes, blockBytes);
    }

    /**
     * @param keptBytes what is kept
     * @param dirtyBytes what the kernel may leave unwritten, so that there is time to write the
     *     rest until it is given up
     */
    CachedTail(long keptBytes, long dirtyBytes) {
        this.keptBytes = keptBytes;
        this.dirtyBytes = dirtyBytes;
    }

    /**
     * The writer came to {@code position} of a file that it began, or went on with, at {@code
     * begun}. May wait for the disk.
     *
     * @throws IOException where the file cannot be opened
     */
    void follow(File present, long begun, long position) throws IOException {
        FileBlocks to = blocks;
        if (to == null || !present.equals(file)) {
            close();
            to = FileBlocks.of(present.toPath());
            blocks = to;
            file = present;
            writing = begun & -FileBlocks.PIECE_BYTES;
            given = writing;
        }
        long write = (position - dirtyBytes) & -FileBlocks.PIECE_BYTES;
        if (write > writing) {
            to.startWriting(writing, write - writing);
            writing = write;
        }
        long give = (position - keptBytes) & -FileBlocks.PIECE_BYTES;
        if (give > given) {
            to.giveUp(given, give - given);
            given = give;
        }
    }

    @Override
    public void close() throws IOException {
        if (blocks != null) {
            blocks.close();
            blocks = null;
        }
    }
}
