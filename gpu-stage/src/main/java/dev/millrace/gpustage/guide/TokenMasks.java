package dev.millrace.gpustage.guide;

import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
        MaskClasses classes = MaskClasses.of(dfa, trie.longest(), budget);
        int[] classOf = classes.all();
        var maker = new Maker(trie, new MaskWalk(dfa, trie, classes, budget));
        for (int state = 0; state < classOf.length; state++) {
            if (classOf[state] == maker.masks.size()) {
                maker.add(state);
            }
        }
        Mask[] masks = maker.masks.toArray(Mask[]::new);
        return new TokenMasks(classOf, masks, maker.bytes + 4L * classOf.length);
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

    /** Makes masks, and keeps equal parts of them once. */
    private static final class Maker {
        private static final int MASK_BYTES = 64;

        final List<Mask> masks = new ArrayList<>();
        long bytes;
        private final TokenTrie trie;
        private final MaskWalk walk;
        private final Map<LongBuffer, long[]> dense = new HashMap<>();
        private final Map<IntBuffer, int[]> lists = new HashMap<>();

        Maker(TokenTrie trie, MaskWalk walk) {
            this.trie = trie;
            this.walk = walk;
        }

        void add(int state) {
            walk.from(state);
            long[] bits = walk.tokens().size() < trie.words() ? null : bits(walk.tokens());
            int[] tokens = bits == null ? walk.tokens().toIntArray() : new int[0];
            masks.add(new Mask(bits, once(tokens), once(walk.walked().toIntArray())));
            bytes += MASK_BYTES;
            if (bytes > GuideLimits.MASK_BYTES) {
                throw Budget.tooLarge("needs too many token masks");
            }
        }

        private long[] bits(Tokens tokens) {
            long[] bits = new long[trie.words()];
            tokens.setIn(bits);
            long[] known = dense.putIfAbsent(LongBuffer.wrap(bits), bits);
            bytes += known == null ? 8L * bits.length : 0;
            return known == null ? bits : known;
        }

        private int[] once(int[] tokens) {
            int[] known = lists.putIfAbsent(IntBuffer.wrap(tokens), tokens);
            bytes += known == null ? 4L * tokens.length : 0;
            return known == null ? tokens : known;
        }
    }
}
