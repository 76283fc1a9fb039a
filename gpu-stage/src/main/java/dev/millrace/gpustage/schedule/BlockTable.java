package dev.millrace.gpustage.schedule;

/**
 * The blocks of one generation, in order of their positions.
 *
 * <p>Blocks that were found in the cache come first and are full, so the generation only ever
 * writes to blocks of its own.
 */
final class BlockTable {
    private static final int NOTHING_CHANGED = -1;

    private final BlockPool pool;
    private final long salt;
    private final int[] tokens;
    private final int[] blocks;
    private final long[] digests;
    private int count;
    private int digestCount;
    private int publishedCount;

    /**
     * An empty table.
     *
     * @param tokens of the generation, as long as it may become; read up to what is known
     */
    BlockTable(BlockPool pool, int[] tokens, long salt) {
        this.pool = pool;
        this.tokens = tokens;
        this.salt = salt;
        blocks = new int[pool.blocksFor(tokens.length)];
        int full = pool.sharesPrefixes() ? tokens.length / pool.blockTokens() : 0;
        digests = new long[full * PrefixHash.LONGS];
    }

    int count() {
        return count;
    }

    int block(int index) {
        return index < count ? blocks[index] : Generation.NO_BLOCK;
    }

    /**
     * Gets the blocks of the first {@code known} tokens, those of a cached prefix among them. The
     * last known token is never taken from the cache: computing it is what gives logits.
     *
     * @return tokens of the cached prefix; negative where the blocks cannot be had and nothing
     *     changed
     */
    int open(int known, boolean shares) {
        int wanted = pool.blocksFor(known);
        int found = 0;
        int revived = 0;
        int most = shares && pool.sharesPrefixes() ? (known - 1) / pool.blockTokens() : 0;
        while (found < most && find(found)) {
            revived += pool.isFree(blocks[found]) ? 1 : 0;
            found++;
        }
        if (wanted - found + revived > pool.free()) {
            return NOTHING_CHANGED;
        }
        for (int i = 0; i < found; i++) {
            pool.share(blocks[i]);
        }
        count = found;
        publishedCount = found;
        boolean grown = grow(known);
        assert grown : "free blocks were counted";
        return found * pool.blockTokens();
    }

    /** Adds blocks up to that many tokens; false where the pool ran out on the way. */
    boolean grow(int tokenCount) {
        int wanted = pool.blocksFor(tokenCount);
        while (count < wanted) {
            int block = pool.take();
            if (block == Generation.NO_BLOCK) {
                return false;
            }
            blocks[count++] = block;
        }
        return true;
    }

    /** Makes the blocks findable that lie wholly in the first {@code settled} tokens. */
    void publish(int settled) {
        int full = pool.sharesPrefixes() ? settled / pool.blockTokens() : 0;
        for (; publishedCount < full; publishedCount++) {
            extendDigests(publishedCount);
            pool.publish(blocks[publishedCount], digests, publishedCount);
        }
    }

    /** Gives all blocks back, the last one first. */
    void release() {
        while (count > 0) {
            pool.release(blocks[--count]);
        }
    }

    private boolean find(int index) {
        extendDigests(index);
        blocks[index] = pool.find(digests, index);
        return blocks[index] != Generation.NO_BLOCK;
    }

    private void extendDigests(int index) {
        if (index == digestCount) {
            pool.hash().extend(digests, index, tokens, salt);
            digestCount++;
        }
    }
}
