package dev.millrace.gpustage.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One in-flight text: its tokens, how many of them the model has seen, and the KV-cache blocks that
 * hold what it saw.
 *
 * <p>Owned by the lane's thread. Prompt and answer together stay within the capacity it was made
 * with, which is the bound on the model's context.
 */
public class Generation {
    /** No block. */
    public static final int NO_BLOCK = -1;

    /** Where a generation is. */
    enum State {
        NEW,
        WAITING,
        RUNNING,
        REMOVED
    }

    final Order order;

    /** What follows is the scheduler's. */
    State state = State.NEW;

    long arrival;
    int chargedPromptTokens;
    int chargedNewTokens;
    @Nullable Caller caller;

    private final int[] tokens;
    private final int promptTokens;
    private @Nullable BlockTable table;
    private int tokenCount;
    private int computedTokens;
    private int draftCount;
    private int preemptions;

    /**
     * A generation that begins with {@code prompt}.
     *
     * @param maxNewTokens how many may follow; at least 1
     */
    public Generation(int[] prompt, int maxNewTokens, Order order) {
        if (prompt.length == 0 || maxNewTokens < 1) {
            throw new IllegalArgumentException(
                    "a generation has a prompt of "
                            + prompt.length
                            + " tokens and may add "
                            + maxNewTokens
                            + "; both start at 1");
        }
        tokens = Arrays.copyOf(prompt, Math.addExact(prompt.length, maxNewTokens));
        promptTokens = prompt.length;
        tokenCount = prompt.length;
        this.order = order;
    }

    /** The token at that position; behind the known ones, the draft there. */
    public final int token(int position) {
        assert position < tokenCount + draftCount : "position " + position + " of " + tokenCount;
        return tokens[position];
    }

    /** Tokens of the prompt. */
    public final int promptTokens() {
        return promptTokens;
    }

    /** Tokens of prompt and answer, without drafts. */
    public final int tokenCount() {
        return tokenCount;
    }

    /** Tokens that were generated. */
    public final int newTokens() {
        return tokenCount - promptTokens;
    }

    /** Whether no further token may be added. */
    public final boolean isFull() {
        return tokenCount == tokens.length;
    }

    /** Tokens whose keys and values are in the generation's blocks. */
    public final int computedTokens() {
        return computedTokens;
    }

    /**
     * Tokens that are known and not computed: the rest of the prompt, the token sampled last, or
     * after a preemption all of both.
     */
    public final int pendingTokens() {
        return tokenCount - computedTokens;
    }

    /**
     * Whether the prompt is past and only the last known token is to be computed, so that a step
     * adds a token.
     */
    public final boolean isDecoding() {
        return tokenCount > promptTokens && pendingTokens() == 1;
    }

    /** Adds the token that was sampled; a draft at its position is gone. */
    public final void append(int token) {
        tokens[tokenCount++] = token;
        if (draftCount > 0) {
            draftCount--;
        }
    }

    /**
     * Guesses how the text goes on, for the next step only (Leviathan et al. 2023,
     * arXiv:2211.17192). As many are kept as the capacity can use: each step adds one token besides
     * the drafts it accepts. The scheduler may keep fewer.
     *
     * @param count how many of {@code guesses}, from the first on
     */
    public final void draft(int[] guesses, int count) {
        draftCount = Math.clamp(tokens.length - tokenCount - 1, 0, count);
        System.arraycopy(guesses, 0, tokens, tokenCount, draftCount);
    }

    /** Drafts behind the known tokens. */
    public final int draftCount() {
        return draftCount;
    }

    /** The physical block of logical block {@code index}; {@link #NO_BLOCK} where it has none. */
    public final int block(int index) {
        return table == null ? NO_BLOCK : table.block(index);
    }

    /** Blocks that it has; at least those of the tokens that the next step computes. */
    public final int blockCount() {
        return table == null ? 0 : table.count();
    }

    /** How often it lost its blocks and had to begin anew. */
    public final int preemptions() {
        return preemptions;
    }

    /** What it asked for. */
    public final Order order() {
        return order;
    }

    /**
     * Whether it may be admitted; while not, others go first. Asked on the lane's thread at every
     * step in which it could be admitted, so it is a field to read, not work to do.
     */
    protected boolean ready() {
        return true;
    }

    final int capacity() {
        return tokens.length;
    }

    /** Gets blocks for the known tokens and goes to the end of what is cached of them. */
    final boolean open(BlockPool pool) {
        if (table == null) {
            table = new BlockTable(pool, tokens, order.salt());
        }
        int cached = table.open(tokenCount, order.shares());
        if (cached < 0) {
            return false;
        }
        if (order.shares() && preemptions == 0 && pool.sharesPrefixes()) {
            pool.countLookup(tokenCount, cached);
        }
        computedTokens = cached;
        chargedPromptTokens = Math.max(chargedPromptTokens, Math.min(cached, promptTokens));
        return true;
    }

    /** Gets blocks for so many tokens; false where the pool ran out. */
    final boolean grow(int tokenCount) {
        return table != null && table.grow(tokenCount);
    }

    /** Keeps only the first drafts. */
    final void keepDrafts(int count) {
        draftCount = Math.min(draftCount, count);
    }

    final void computed(int count) {
        computedTokens += count;
        draftCount = 0;
        publish();
    }

    /** Gives the blocks back; what they hold stays findable. */
    final void release() {
        if (table != null) {
            publish();
            table.release();
        }
        draftCount = 0;
        computedTokens = 0;
    }

    final void preempt() {
        release();
        preemptions++;
    }

    /**
     * Only tokens that are both computed and known: what a step computed for a rejected draft is
     * overwritten by the next one.
     */
    private void publish() {
        if (table != null) {
            table.publish(Math.min(computedTokens, tokenCount));
        }
    }
}
