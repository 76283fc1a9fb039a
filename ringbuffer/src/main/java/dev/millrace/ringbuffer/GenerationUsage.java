package dev.millrace.ringbuffer;

/**
 * What a text model's lane holds, for gauges. Written by the lane's thread after each step, read by
 * any; the numbers of one reading may come from two steps.
 */
public final class GenerationUsage {
    private final int blocks;
    private volatile int running;
    private volatile int waiting;
    private volatile int blocksUsed;
    private volatile int blocksCached;
    private volatile long prefixQueries;
    private volatile long prefixHits;
    private volatile long preemptions;
    private volatile long draftedTokens;
    private volatile long acceptedTokens;

    /** Of a lane with that many KV-cache blocks. */
    public GenerationUsage(int blocks) {
        this.blocks = blocks;
    }

    /** Generations that take part in steps, and those that wait for their turn. */
    public void generations(int running, int waiting) {
        this.running = running;
        this.waiting = waiting;
    }

    /** Blocks that generations hold, and blocks that nobody holds but whose prefix is known. */
    public void blocks(int used, int cached) {
        blocksUsed = used;
        blocksCached = cached;
    }

    /** Tokens looked up in the prefix cache and found there; generations that lost their blocks. */
    public void prefixes(long queries, long hits, long preemptions) {
        prefixQueries = queries;
        prefixHits = hits;
        this.preemptions = preemptions;
    }

    /** Tokens that were guessed, and of these the ones that came out so. */
    public void drafts(long drafted, long accepted) {
        draftedTokens = drafted;
        acceptedTokens = accepted;
    }

    public int running() {
        return running;
    }

    public int waiting() {
        return waiting;
    }

    public int blocksUsed() {
        return blocksUsed;
    }

    public int blocksCached() {
        return blocksCached;
    }

    /** Share of all blocks that generations hold, in [0,1]. */
    public double used() {
        return (double) blocksUsed / blocks;
    }

    public long prefixQueries() {
        return prefixQueries;
    }

    public long prefixHits() {
        return prefixHits;
    }

    public long preemptions() {
        return preemptions;
    }

    public long draftedTokens() {
        return draftedTokens;
    }

    public long acceptedTokens() {
        return acceptedTokens;
    }
}
