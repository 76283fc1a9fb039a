package dev.millrace.gpustage.attention;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Attention of one token over the KV-cache blocks of its generation, read where they lie (Kwon et
 * al. 2023, arXiv:2309.06180).
 *
 * <p>Used by one thread at a time; allocates where a token sees more than any before it did. What a
 * token gets follows from its own query, keys, values and positions alone, to the last bit.
 */
public final class PagedAttention {
    static {
        VectorApi.load();
    }

    private final int heads;
    private final int kvHeads;
    private final int group;
    private final int headDim;
    private final int blockTokens;
    private final long tokenBytes;
    private final long headBytes;
    private final long valueBytes;
    private final long blockBytes;

    private final HeadTile tile;

    /** Of each query head, for each key of a block: its score, then its weight. */
    private final float[] weights;

    /** Room of a query head in {@link #weights}. */
    private final int room;

    // Of each query head, over the blocks so far.
    private final float[] largest;
    private final float[] factors;
    private final float[] totals;
    private final float[] sums;

    /** Of a cache float32[blocks, 2 kvHeads, blockTokens, headDim], keys and then values. */
    public PagedAttention(int heads, int kvHeads, int headDim, int blockTokens) {
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.group = heads / kvHeads;
        this.headDim = headDim;
        this.blockTokens = blockTokens;
        long rowBytes = (long) headDim * Float.BYTES;
        this.tokenBytes = rowBytes;
        this.headBytes = blockTokens * rowBytes;
        this.valueBytes = kvHeads * headBytes;
        this.blockBytes = 2 * valueBytes;
        this.tile = new HeadTile(headDim, tokenBytes);
        this.room = HeadTile.room(blockTokens);
        this.weights = new float[heads * room];
        this.sums = new float[heads * headDim];
        this.totals = new float[heads * HeadTile.WIDTH];
        this.largest = new float[heads];
        this.factors = new float[HeadTile.room(heads)];
    }

    /**
     * Attends for one token.
     *
     * @param cache of a layer
     * @param blocks numbers of blocks; those from {@code table} on hold the positions from that
     *     block on which {@code first} is in
     * @param first the first position that the token sees
     * @param last the token's own position
     * @param qkv float32[rows, heads + 2 kvHeads, headDim], queries and then keys and values
     * @param row of the token
     * @param out float32[rows, heads, headDim], of which the token's row is set
     */
    public void attend(
            MemorySegment cache,
            int[] blocks,
            int table,
            int first,
            int last,
            MemorySegment qkv,
            int row,
            MemorySegment out) {
        long step = (long) headDim * Float.BYTES;
        long queries = (long) row * (heads + 2 * kvHeads) * step;
        Arrays.fill(sums, 0);
        Arrays.fill(totals, 0);
        Arrays.fill(largest, Float.NEGATIVE_INFINITY);
        int block = table;
        for (int position = first; position <= last; ) {
            int place = position % blockTokens;
            int count = Math.min(blockTokens - place, last + 1 - position);
            long begin = blocks[block++] * blockBytes + place * tokenBytes;
            for (int head = 0; head < heads; head++) {
                long key = begin + head / group * headBytes;
                tile.score(cache, key, count, qkv, queries + head * step, weights, head * room);
            }
            for (int head = 0; head < heads; head++) {
                float most = tile.relate(weights, head * room, count, largest[head]);
                factors[head] = largest[head] - most;
                largest[head] = most;
            }
            PowersOfTwo.replace(weights, weights.length);
            PowersOfTwo.replace(factors, heads);
            for (int head = 0; head < heads; head++) {
                tile.add(
                        cache,
                        begin + valueBytes + head / group * headBytes,
                        count,
                        weights,
                        head * room,
                        factors[head],
                        totals,
                        head * HeadTile.WIDTH,
                        sums,
                        head * headDim);
            }
            position += count;
        }
        for (int head = 0; head < heads; head++) {
            long at = ((long) row * heads + head) * step;
            tile.write(sums, head * headDim, totals, head * HeadTile.WIDTH, out, at);
        }
    }
}
