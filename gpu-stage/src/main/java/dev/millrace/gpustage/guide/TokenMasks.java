package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An automaton laid over a vocabulary: by state, the tokens that may come next. Immutable.
 *
 * <p>Tokens that open or close no container depend on the state alone and are known in advance. The
 * others are listed, and whether the containers that are open allow them is found by walking them.
 */
final class TokenMasks {
    /**
     * The tokens of one class of states.
     *
     * @param dense allowed tokens as bits; null where {@code tokens} lists them all
     * @param tokens allowed tokens, where they are few
     * @param walked tokens that the open containers may allow
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Mask(long @Nullable [] dense, int[] tokens, int[] walked) {
        boolean isEmpty() {
            return dense == null && tokens.length == 0 && walked.length == 0;
        }
    }

    private final int[] classOf;
    private final Mask[] masks;
    private final long bytes;

    private TokenMasks(int[] classOf, Mask[] masks, long bytes) {
        this.classOf = classOf;
        this.masks = masks;
        this.bytes = bytes;
    }

    /**
     * Walks the vocabulary once for each class of states.
     *
     * @throws GuideException where the masks would be too large
     */
    static TokenMasks of(Dfa dfa, TokenTrie trie, Budget budget) {
        int[] classOf = MaskClasses.of(dfa, trie.longest(), budget);
        List<Mask> masks = new ArrayList<>();
        var builder = new MaskBuilder(dfa, trie, budget);
        long bytes = 4L * classOf.length;
        for (int state = 0; state < classOf.length; state++) {
            if (classOf[state] == masks.size()) {
                Mask mask = builder.build(state);
                masks.add(mask);
                bytes += 64 + 4L * (mask.tokens.length + mask.walked.length);
                bytes += mask.dense == null ? 0 : 8L * mask.dense.length;
                if (bytes > GuideLimits.MASK_BYTES) {
                    throw Budget.tooLarge("needs too many token masks");
                }
            }
        }
        return new TokenMasks(classOf, masks.toArray(Mask[]::new), bytes);
    }

    Mask of(int state) {
        return masks[classOf[state]];
    }

    int count() {
        return masks.length;
    }

    long bytes() {
        return bytes;
    }

    /** Walks the vocabulary from one state after the other; scratch is reused. */
    private static final class MaskBuilder {
        /** A container that a token opened: what is on the stack, and what is below it. */
        private record Opened(int symbol, @Nullable Opened below) {}

        private final Dfa dfa;
        private final TokenTrie trie;
        private final Budget budget;
        private final int[] states;
        private final boolean[] touched;
        private final @Nullable Opened[] stacks;
        private final IntArrayList tokens = new IntArrayList();
        private final IntArrayList walked = new IntArrayList();

        MaskBuilder(Dfa dfa, TokenTrie trie, Budget budget) {
            this.dfa = dfa;
            this.trie = trie;
            this.budget = budget;
            states = new int[trie.longest() + 1];
            touched = new boolean[trie.longest() + 1];
            stacks = new Opened[trie.longest() + 1];
        }

        Mask build(int state) {
            tokens.clear();
            walked.clear();
            states[0] = state;
            int node = 0;
            int visited = 0;
            while (node < trie.nodes()) {
                visited++;
                node = visit(node, trie.depth(node));
            }
            budget.work(visited);
            return mask();
        }

        /** Follows one byte; the node to go on with. */
        private int visit(int node, int depth) {
            int next = dfa.next(states[depth], trie.byteOf(node));
            if (next == Dfa.DEAD) {
                return trie.end(node);
            }
            Opened stack = stacks[depth];
            boolean touches = touched[depth] || next < 0;
            if (next == Dfa.CLOSE) {
                if (stack == null) {
                    return addUnknown(node);
                }
                next = dfa.afterClose(stack.symbol, states[depth]);
                stack = stack.below;
                if (next < 0) {
                    return trie.end(node);
                }
            } else if (next <= Dfa.FIRST_OPEN) {
                Dfa.Open open = dfa.open(next);
                stack = new Opened(open.symbol(), stack);
                next = open.state();
            }
            states[depth + 1] = next;
            touched[depth + 1] = touches;
            stacks[depth + 1] = stack;
            add(touches ? walked : tokens, trie.firstToken(node), trie.firstToken(node + 1));
            return node + 1;
        }

        /** What follows is read outside the container that the token found open. */
        private int addUnknown(int node) {
            int end = trie.end(node);
            budget.work(end - node);
            add(walked, trie.firstToken(node), trie.firstToken(end));
            return end;
        }

        private void add(IntArrayList list, int from, int to) {
            for (int i = from; i < to; i++) {
                list.addInt(trie.token(i));
            }
        }

        private Mask mask() {
            int[] listed = tokens.toIntArray();
            if (listed.length < trie.words()) {
                return new Mask(null, listed, walked.toIntArray());
            }
            long[] dense = new long[trie.words()];
            for (int id : listed) {
                dense[id >> 6] |= 1L << id;
            }
            return new Mask(dense, new int[0], walked.toIntArray());
        }
    }
}
