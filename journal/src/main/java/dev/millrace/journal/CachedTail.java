package dev.millrace.journal;

/**
 * How much of a file stays in the page cache behind its writer. Without a bound a journal fills the
 * memory of the machine, at the cost of what else is cached there, as mapped weights; and each page
 * it takes is a fresh one, which a virtual machine has to ask its host for. With one, the pages
 * that it leaves are those that it takes next.
 *
 * <p>One thread at a time.
 */
final class CachedTail {
    /** Of the queue, that may be mapped yet: a mapped page is not given up. */
    private static final int MAPPED_BLOCKS = 3;

    private final long keptBytes;
    private final long dirtyBytes;
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

    /** A file is begun, or gone on with, from there. */
    void begin(long from) {
        writing = from & -FileBlocks.PIECE_BYTES;
        given = writing;
    }

    /** The writer came there. */
    void follow(FileBlocks blocks, long position) {
        long write = (position - dirtyBytes) & -FileBlocks.PIECE_BYTES;
        if (write > writing) {
            blocks.startWriting(writing, write - writing);
            writing = write;
        }
        long give = (position - keptBytes) & -FileBlocks.PIECE_BYTES;
        if (give > given) {
            blocks.giveUp(given, give - given);
            given = give;
        }
    }
}
