package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;

/** Byte strings to numbers of at least 0, found byte by byte. Immutable once filled. */
final class ByteTrie {
    static final int NONE = -1;
    private static final int ROOT = 0;

    /** Node and byte to the next node: open addressing, key and node by turns. */
    private int[] edges = new int[2 << 8];

    private int shift = 32 - 8;
    private int nodes = 1;
    private int[] values = new int[16];

    ByteTrie() {
        Arrays.fill(edges, NONE);
        Arrays.fill(values, NONE);
    }

    int root() {
        return ROOT;
    }

    /** The node behind an edge, or {@link #NONE}. */
    int next(int node, byte edge) {
        int key = node << 8 | (edge & 0xFF);
        int at = slot(key);
        while (true) {
            int found = edges[at];
            if (found == key) {
                return edges[at + 1];
            }
            if (found == NONE) {
                return NONE;
            }
            at = (at + 2) & (edges.length - 1);
        }
    }

    /** The number of the string that ends at a node, or {@link #NONE}. */
    int value(int node) {
        return values[node];
    }

    /** The number of a whole string, or {@link #NONE}. */
    int find(byte[] text, int from, int to) {
        int node = ROOT;
        for (int i = from; i < to; i++) {
            node = next(node, text[i]);
            if (node == NONE) {
                return NONE;
            }
        }
        return values[node];
    }

    /**
     * @return false where the string is there already; it keeps its number
     * @throws Unsupported where there are too many nodes to number
     */
    boolean put(byte[] text, int from, int value) throws Unsupported {
        int node = ROOT;
        for (int i = from; i < text.length; i++) {
            int next = next(node, text[i]);
            node = next == NONE ? add(node, text[i]) : next;
        }
        if (values[node] != NONE) {
            return false;
        }
        values[node] = value;
        return true;
    }

    private int add(int node, byte edge) throws Unsupported {
        if (nodes == 1 << 23) {
            throw new Unsupported("a vocabulary of more than 8 million different beginnings");
        }
        if (4 * nodes > edges.length) {
            grow();
        }
        if (nodes == values.length) {
            values = Arrays.copyOf(values, 2 * nodes);
            Arrays.fill(values, nodes, values.length, NONE);
        }
        link(node << 8 | (edge & 0xFF), nodes);
        return nodes++;
    }

    private void grow() {
        int[] old = edges;
        edges = new int[2 * old.length];
        Arrays.fill(edges, NONE);
        shift--;
        for (int at = 0; at < old.length; at += 2) {
            if (old[at] != NONE) {
                link(old[at], old[at + 1]);
            }
        }
    }

    private void link(int key, int node) {
        int at = slot(key);
        while (edges[at] != NONE) {
            at = (at + 2) & (edges.length - 1);
        }
        edges[at] = key;
        edges[at + 1] = node;
    }

    private int slot(int key) {
        return ((key * 0x9E3779B9) >>> shift) << 1;
    }
}
