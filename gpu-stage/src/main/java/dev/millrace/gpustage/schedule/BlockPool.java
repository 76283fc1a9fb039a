package dev.millrace.gpustage.schedule;

/**
 * The blocks of a KV cache: who refers to them, which hold a known prefix, and which goes next.
 *
 * <p>Owned by the lane's thread. Only numbers live here; the tensors are the model's. A block that
 * nobody refers to can be allocated: those without a known prefix first, then the least recently
 * released (the scheme of vLLM, Kwon et al. 2023, arXiv:2309.06180). Generations release their last
 * block first, so of a prefix the tail is evicted before what leads to it.
 */
public final class BlockPool {
    private final int blocks;
    private final int blockTokens;
    private final boolean sharesPrefixes;
    private final PrefixHash hash;
    private final PrefixIndex prefixes;
    private final int[] references;

    /** Unreferenced blocks in order of eviction: a ring of links through the end mark. */
    private final int[] next;

    private final int[] previous;
    private final int end;
    private int used;
    private int cached;
    private long queries;
    private long hits;

    /**
     * A pool in which nothing is known.
     *
     * @param blocks blocks of the cache; at least 1
     * @param blockTokens tokens of a block; at least 1
     * @param sharesPrefixes whether blocks are kept and found by content
     */
    public BlockPool(int blocks, int blockTokens, boolean sharesPrefixes) {
        if (blocks < 1 || blockTokens < 1) {
            throw new IllegalArgumentException(
                    "a KV cache of "
                            + blocks
                            + " blocks of "
                            + blockTokens
                            + " tokens; both start at 1");
        }
        this.blocks = blocks;
        this.blockTokens = blockTokens;
        this.sharesPrefixes = sharesPrefixes;
        this.hash = new PrefixHash(blockTokens);
        this.prefixes = new PrefixIndex(blocks);
        this.references = new int[blocks];
        this.next = new int[blocks + 1];
        this.previous = new int[blocks + 1];
        this.end = blocks;
        for (int block = 0; block <= blocks; block++) {
            next[block] = block == end ? 0 : block + 1;
            previous[block] = block == 0 ? end : block - 1;
        }
    }

    /** Blocks of the cache. */
    public int blocks() {
        return blocks;
    }

    /** Tokens of a block. */
    public int blockTokens() {
        return blockTokens;
    }

    /** Whether blocks are kept and found by content. */
    public boolean sharesPrefixes() {
        return sharesPrefixes;
    }

    /** Blocks that so many tokens take. */
    public int blocksFor(int tokens) {
        return Math.ceilDiv(tokens, blockTokens);
    }

    /** Blocks that an allocation can get: never used, or unreferenced. */
    public int free() {
        return blocks - used;
    }

    /** Blocks that some generation refers to. */
    public int used() {
        return used;
    }

    /** Blocks that nobody refers to and that hold a known prefix; part of {@link #free}. */
    public int cached() {
        return cached;
    }

    /** Tokens that admitted generations looked up in the prefix cache. */
    public long queries() {
        return queries;
    }

    /** Tokens of them that were found. */
    public long hits() {
        return hits;
    }

    PrefixHash hash() {
        return hash;
    }

    /**
     * Allocates a block for one generation, and forgets the prefix that was in it.
     *
     * @return {@link Generation#NO_BLOCK} where every block is referred to
     */
    int take() {
        int block = next[end];
        if (block == end) {
            return Generation.NO_BLOCK;
        }
        if (prefixes.holds(block)) {
            prefixes.remove(block);
            cached--;
        }
        unlink(block);
        refer(block);
        return block;
    }

    /** The block that holds that prefix; {@link Generation#NO_BLOCK} where none does. */
    int find(long[] digests, int index) {
        return prefixes.find(digests, index);
    }

    /** Whether nobody refers to the block. */
    boolean isFree(int block) {
        return references[block] == 0;
    }

    /** One more generation reads a block that was found. */
    void share(int block) {
        if (references[block] == 0) {
            unlink(block);
            cached--;
        }
        refer(block);
    }

    /**
     * From here on the block is found by that digest; it is full, and nobody writes to it again.
     * Where another block has the same content, that one stays the one that is found.
     */
    void publish(int block, long[] digests, int index) {
        assert references[block] > 0 : "block " + block + " is published by nobody";
        if (prefixes.find(digests, index) == Generation.NO_BLOCK) {
            prefixes.add(block, digests, index);
        }
    }

    /** One generation refers to the block no longer. */
    void release(int block) {
        assert references[block] > 0 : "block " + block + " is released more often than taken";
        if (--references[block] > 0) {
            return;
        }
        used--;
        if (prefixes.holds(block)) {
            cached++;
            link(block, previous[end]);
        } else {
            link(block, end);
        }
        assert used >= 0 && cached <= blocks - used : used + " used, " + cached + " cached";
    }

    /** An admitted generation of {@code tokens} found the first {@code found} in the cache. */
    void countLookup(int tokens, int found) {
        queries += tokens;
        hits += found;
    }

    private void refer(int block) {
        if (references[block]++ == 0) {
            used++;
        }
        assert used <= blocks : used + " blocks used of " + blocks;
    }

    private void unlink(int block) {
        next[previous[block]] = next[block];
        previous[next[block]] = previous[block];
    }

    private void link(int block, int after) {
        int before = next[after];
        next[after] = block;
        previous[block] = after;
        next[block] = before;
        previous[before] = block;
    }
}
