package dev.millrace.gpustage.schedule;

import java.util.Arrays;

/**
 * One in-flight text: its tokens, and how many of them the model has seen.
 *
 * <p>Owned by the lane's thread. Prompt and answer together stay within the capacity it was made
 * with, which is the bound on the model's context.
 */
public class Generation {
    /** No generation slot. */
    public static final int NO_SLOT = -1;

    private final int[] tokens;
    private final int promptTokens;
    private int tokenCount;
    private int computedTokens;
    private int slot = NO_SLOT;

    /**
     * A generation that begins with {@code prompt}.
     *
     * @param maxNewTokens how many may follow; at least 1
     */
    public Generation(int[] prompt, int maxNewTokens) {
        if (prompt.length == 0 || maxNewTokens < 1) {
            throw new IllegalArgumentException(
                    "a generation has a prompt of "
                            + prompt.length
                            + " tokens and may add "
                            + maxNewTokens
                            + "; both start at 1");
        }
        tokens = Arrays.copyOf(prompt, prompt.length + maxNewTokens);
        promptTokens = prompt.length;
        tokenCount = prompt.length;
    }

    /** The token at that position. */
    public final int token(int position) {
        return tokens[position];
    }

    /** Tokens of the prompt. */
    public final int promptTokens() {
        return promptTokens;
    }

    /** Tokens of prompt and answer. */
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

    /** Tokens whose keys and values are in the model's cache. */
    public final int computedTokens() {
        return computedTokens;
    }

    /**
     * Tokens that are known and not computed: the rest of the prompt, or the token sampled last.
     */
    public final int pendingTokens() {
        return tokenCount - computedTokens;
    }

    /** Whether the prompt is computed, so that each step adds one token. */
    public final boolean isDecoding() {
        return computedTokens >= promptTokens;
    }

    /** The place in the model's cache; {@link #NO_SLOT} while it waits. */
    public final int slot() {
        return slot;
    }

    /** A step computed {@code count} more tokens. */
    public final void computed(int count) {
        computedTokens += count;
    }

    /** Adds the token that was sampled. */
    public final void append(int token) {
        tokens[tokenCount++] = token;
    }

    final void slot(int slot) {
        this.slot = slot;
    }
}
