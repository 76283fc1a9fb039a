package dev.millrace.gpustage.model;

import dev.millrace.gpustage.attention.PagedAttention;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one step computes, in the native layout that the model reads: entries, each some tokens of
 * one generation with the blocks that hold its keys and values.
 *
 * <p>Reused by the lane's thread for every step: {@link #clear}; then for each entry {@link
 * #beginEntry}, {@link #addBlock} from {@link #firstBlock} to {@link #lastBlock}, {@link
 * #addToken}; then {@link StepModel#step}. Too many tokens or entries are an error of the caller:
 * the scheduler stays within the capacity.
 *
 * <p>Neighbours of the same token count and nearly the same number of blocks are attended for
 * together, as one group whose shorter tables are padded, as long as a processor's cache holds what
 * is gathered for them. It depends on the entries and their order alone. On a processor single
 * tokens are in no group.
 */
public final class StepBatch implements AutoCloseable {
    /**
     * The most padding, in blocks, that an entry may cost the group it joins. A group of its own
     * costs each layer as much as gathering about this many blocks does.
     */
    private static final int MOST_PADDING = 8;

    /**
     * The most bytes of a layer's keys and values that a processor gathers for one group. More are
     * out of its caches before attention reads them.
     */
    private static final long MOST_GATHERED_BYTES = 1 << 20;

    private final int maxTokens;
    private final int maxEntries;
    private final int blockTokens;
    private final int window;
    private final int groupBlocks;
    private final @Nullable PagedAttention attention;
    private final Arena arena = Arena.ofShared();
    private final Longs tokenIds;
    private final Longs positions;
    private final Longs cacheRows;
    private final Longs logitRows;
    private final Longs begunBlocks;
    private final Longs groups;
    private final Longs firstPositions;
    private final Longs tables;

    // Of the entries, in order; and of the one begun last.
    private final int[] starts;
    private final int[] counts;
    private final int[] blockCounts;
    private int[] blocks = new int[64];
    private int blockCount;
    private int entryCount;
    private int firstRow;

    /**
     * Room for {@code maxTokens} tokens in {@code maxEntries} entries.
     *
     * @param blockTokens tokens of a block
     * @param window how many tokens a token sees, itself among them
     * @param groupBlocks the most blocks that are gathered for entries that are computed together
     * @param attention of entries of one token, or null if they are in groups as all others are
     */
    StepBatch(
            int maxTokens,
            int maxEntries,
            int blockTokens,
            int window,
            int groupBlocks,
            @Nullable PagedAttention attention) {
        this.maxTokens = maxTokens;
        this.maxEntries = maxEntries;
        this.blockTokens = blockTokens;
        this.window = window;
        this.groupBlocks = groupBlocks;
        this.attention = attention;
        this.tokenIds = new Longs(arena, maxTokens);
        this.positions = new Longs(arena, maxTokens);
        this.cacheRows = new Longs(arena, maxTokens);
        this.logitRows = new Longs(arena, maxTokens);
        this.begunBlocks = new Longs(arena, maxEntries);
        this.groups = new Longs(arena, 4 * maxEntries);
        this.firstPositions = new Longs(arena, maxEntries);
        this.tables = new Longs(arena, 64);
        this.starts = new int[maxEntries];
        this.counts = new int[maxEntries];
        this.blockCounts = new int[maxEntries];
    }

    /** A batch of that capacity for {@code model}. */
    public static StepBatch of(StepModel model, int maxTokens, int maxEntries) {
        return new StepBatch(
                maxTokens,
                maxEntries,
                model.blockTokens(),
                model.windowTokens(),
                groupBlocks(model),
                model.attention());
    }

    /** A device computes few large groups sooner than many small ones. */
    private static int groupBlocks(StepModel model) {
        return model.placement().format().isPlain()
                ? Integer.MAX_VALUE
                : (int) (MOST_GATHERED_BYTES / model.layerBlockBytes());
    }

    /** Empties the batch. */
    public void clear() {
        entryCount = 0;
        blockCount = 0;
        tokenIds.clear();
        positions.clear();
        cacheRows.clear();
        logitRows.clear();
        begunBlocks.clear();
    }

    /** Begins an entry: {@code count} tokens of a generation from position {@code start} on. */
    public void beginEntry(int start, int count) {
        if (entryCount == maxEntries) {
            throw new IllegalStateException("a step holds at most " + maxEntries + " entries");
        }
        if (tokenIds.size() + count > maxTokens) {
            throw new IllegalStateException("a step holds at most " + maxTokens + " tokens");
        }
        starts[entryCount] = start;
        counts[entryCount] = count;
        blockCounts[entryCount] = 0;
        entryCount++;
        firstRow = tokenIds.size();
    }

    /** The first logical block that tokens of the entry begun last can see. */
    public int firstBlock() {
        return firstBlock(entryCount - 1);
    }

    /** The logical block of the last token of the entry begun last. */
    public int lastBlock() {
        int entry = entryCount - 1;
        return (starts[entry] + counts[entry] - 1) / blockTokens;
    }

    private int firstBlock(int entry) {
        return firstSeen(entry) / blockTokens;
    }

    /** The first position that the entry's first token sees. */
    private int firstSeen(int entry) {
        return Math.max(0, starts[entry] + 1 - window);
    }

    /** Adds the number of the entry's next block. */
    public void addBlock(int block) {
        if (blockCount == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * blockCount);
        }
        blocks[blockCount++] = block;
        blockCounts[entryCount - 1]++;
    }

    /**
     * Adds the entry's next token.
     *
     * @param logits whether the step gives a row of logits for it; rows come in the order of these
     *     tokens
     */
    public void addToken(int tokenId, boolean logits) {
        int entry = entryCount - 1;
        int position = starts[entry] + tokenIds.size() - firstRow;
        int logical = position / blockTokens - firstBlock(entry);
        int block = blocks[blockCount - blockCounts[entry] + logical];
        if (logits) {
            logitRows.add(tokenIds.size());
        }
        tokenIds.add(tokenId);
        positions.add(position);
        int place = position % blockTokens;
        cacheRows.add((long) block * blockTokens + place);
        if (place == 0) {
            begunBlocks.add(block);
        }
    }

    /** Tokens of all entries. */
    public int tokenCount() {
        return tokenIds.size();
    }

    /** Entries. */
    public int entryCount() {
        return entryCount;
    }

    /** Rows of logits that the step gives. */
    public int logitCount() {
        return logitRows.size();
    }

    /** Forms the groups. */
    void seal() {
        groups.clear();
        firstPositions.clear();
        tables.clear();
        int row = 0;
        int block = 0;
        for (int first = 0; first < entryCount; ) {
            if (isSingle(first)) {
                row++;
                block += blockCounts[first++];
                continue;
            }
            int width = blockCounts[first];
            int next = first + 1;
            while (next < entryCount && joins(first, next, width)) {
                width = Math.max(width, blockCounts[next]);
                next++;
            }
            groups.add(row);
            groups.add(next - first);
            groups.add(counts[first]);
            groups.add(width);
            for (int entry = first; entry < next; entry++) {
                firstPositions.add((long) firstBlock(entry) * blockTokens);
                for (int i = 0; i < width; i++) {
                    // A shorter table repeats its last block, at positions that no token sees.
                    tables.add(blocks[block + Math.min(i, blockCounts[entry] - 1)]);
                }
                block += blockCounts[entry];
                row += counts[entry];
            }
            first = next;
        }
    }

    /** Whether {@link #attend} is for the entry; nothing but the entry decides it. */
    private boolean isSingle(int entry) {
        return attention != null && counts[entry] == 1;
    }

    /**
     * Attends for the tokens that are in no group.
     *
     * @param cache of a layer
     * @param qkv queries, keys and values of all tokens in that layer
     * @param out gets what these tokens see, in their rows
     */
    void attend(MemorySegment cache, MemorySegment qkv, MemorySegment out) {
        PagedAttention pages = attention;
        if (pages == null) {
            return;
        }
        int row = 0;
        int block = 0;
        for (int entry = 0; entry < entryCount; entry++) {
            if (isSingle(entry)) {
                pages.attend(cache, blocks, block, firstSeen(entry), starts[entry], qkv, row, out);
            }
            row += counts[entry];
            block += blockCounts[entry];
        }
    }

    private boolean joins(int first, int entry, int width) {
        int wider = blockCounts[entry] - width;
        int padding = wider > 0 ? (entry - first) * wider : -wider;
        long gathered = (entry - first + 1L) * Math.max(width, blockCounts[entry]);
        return counts[entry] == counts[first] && padding <= MOST_PADDING && gathered <= groupBlocks;
    }

    Longs tokenIds() {
        return tokenIds;
    }

    Longs positions() {
        return positions;
    }

    Longs cacheRows() {
        return cacheRows;
    }

    Longs logitRows() {
        return logitRows;
    }

    /** Blocks whose first token is in the batch. */
    Longs begunBlocks() {
        return begunBlocks;
    }

    Longs groups() {
        return groups;
    }

    Longs firstPositions() {
        return firstPositions;
    }

    Longs tables() {
        return tables;
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        arena.close();
    }
}
