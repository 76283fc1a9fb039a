package dev.millrace.gpustage.guide;

import dev.millrace.ringbuffer.TokenBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.IntHashSet;

/**
 * A vocabulary as a trie over bytes, its nodes in preorder: a walk goes from node to node, and past
 * a whole subtree where a byte is not allowed. Immutable.
 *
 * <p>Tokens without bytes, and those that end a text, are in no node.
 */
final class TokenTrie {
    /** Nodes below the first of a part: fewer are walked faster than looked up. */
    private static final int PART_MIN = 16;

    private static final int PART_MAX = 1024;

    private final TokenBytes text;
    private final int vocabularySize;
    private final int[] endIds;
    private final boolean[] usable = new boolean[256];
    private int longest;

    private byte[] bytes = new byte[1 << 12];
    private short[] depths = new short[1 << 12];
    private int[] ends = new int[1 << 12];
    private int[] firstToken = new int[1 << 12];
    private short[] partHeights = new short[0];
    private int nodes;
    private final IntArrayList tokens = new IntArrayList();

    TokenTrie(TokenBytes text, int vocabularySize, IntHashSet endIds) {
        this.text = text;
        this.vocabularySize = vocabularySize;
        this.endIds =
                endIds.stream()
                        .mapToInt(Integer::intValue)
                        .filter(id -> id >= 0 && id < vocabularySize)
                        .sorted()
                        .toArray();
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < vocabularySize; id++) {
            int length = text.bytesOf(id).length;
            // No text is walked deeper than a short counts; no vocabulary has such a token.
            if (length > 0 && length < Short.MAX_VALUE && !endIds.contains(id)) {
                ids.add(id);
                longest = Math.max(longest, length);
            }
        }
        ids.sort(Comparator.comparing(text::bytesOf, Arrays::compareUnsigned));
        byte[] before = new byte[0];
        int[] open = new int[longest + 1];
        for (int id : ids) {
            byte[] token = text.bytesOf(id);
            int shared = Arrays.mismatch(before, token);
            if (shared >= 0) {
                close(open, shared, before.length);
                add(token, shared, open);
            }
            tokens.addInt(id);
            before = token;
        }
        close(open, 0, before.length);
        firstToken = Arrays.copyOf(firstToken, nodes + 1);
        firstToken[nodes] = tokens.size();
        partHeights = partHeights();
    }

    private short[] partHeights() {
        short[] found = new short[nodes];
        int node = 0;
        while (node < nodes) {
            int below = ends[node] - node - 1;
            if (below >= PART_MIN && below <= PART_MAX) {
                int deepest = depths[node];
                for (int i = node; i < ends[node]; i++) {
                    deepest = Math.max(deepest, depths[i]);
                }
                found[node] = (short) (deepest - depths[node]);
            }
            node = below <= PART_MAX ? ends[node] : node + 1;
        }
        return found;
    }

    /** Appends the nodes of a token below depth {@code shared}; its ids follow. */
    private void add(byte[] token, int shared, int[] open) {
        for (int depth = shared; depth < token.length; depth++) {
            if (nodes == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * nodes);
                depths = Arrays.copyOf(depths, 2 * nodes);
                ends = Arrays.copyOf(ends, 2 * nodes);
                firstToken = Arrays.copyOf(firstToken, 2 * nodes);
            }
            usable[token[depth] & 0xFF] = true;
            bytes[nodes] = token[depth];
            depths[nodes] = (short) depth;
            firstToken[nodes] = tokens.size();
            open[depth] = nodes++;
        }
    }

    private void close(int[] open, int from, int to) {
        for (int depth = from; depth < to; depth++) {
            ends[open[depth]] = nodes;
        }
    }

    int vocabularySize() {
        return vocabularySize;
    }

    /** Longs of a mask. */
    int words() {
        return (vocabularySize + 63) >> 6;
    }

    /** The ids that end a text, in order. Not to be written. */
    int[] endIds() {
        return endIds;
    }

    byte[] bytesOf(int token) {
        return text.bytesOf(token);
    }

    /** By byte: whether any token holds it. */
    boolean[] usable() {
        return usable.clone();
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    int nodes() {
        return nodes;
    }

    byte byteOf(int node) {
        return bytes[node];
    }

    /** Bytes before this node's. */
    int depth(int node) {
        return depths[node];
    }

    /** The first node behind this one's subtree. */
    int end(int node) {
        return ends[node];
    }

    /**
     * Where a part of the trie begins that is walked as a whole: the bytes that may follow this
     * node's; else 0. Parts do not overlap.
     */
    int partHeight(int node) {
        return partHeights[node];
    }

    /** Index of the first token that ends in this node or behind it, see {@link #token}. */
    int firstToken(int node) {
        return firstToken[node];
    }

    int token(int index) {
        return tokens.getInt(index);
    }
}
