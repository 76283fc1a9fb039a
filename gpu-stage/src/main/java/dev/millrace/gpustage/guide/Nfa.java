package dev.millrace.gpustage.guide;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A net of states with edges over bytes, and over containers: a call edge reads an opening byte,
 * then whatever the callee reads up to and with its closing byte.
 *
 * <p>Built and read by the compiling thread. Fragments are written between two given states, with
 * no edge into the first and none out of the second.
 */
final class Nfa {
    enum Kind {
        /** Reads nothing. */
        EPSILON,
        /** Reads one byte of a range. */
        BYTES,
        /** Reads a container. */
        CALL,
        /** Reads the byte that closes the container this state is in; has no target. */
        CLOSE
    }

    private static final int EDGE_INTS = 4;
    private static final Kind[] KINDS = Kind.values();

    private final Budget budget;
    private final boolean[] usable;
    private int[] firstEdge = new int[256];
    private int states;

    /** Per edge: next edge of the state; kind, lowest and highest byte; target; callee. */
    private int[] edges = new int[1024];

    private int edgeCount;

    final int start;

    /** Where the whole text ends. */
    final int end;

    /**
     * An empty net.
     *
     * @param usable by byte: whether any token holds it; edges over others are left out
     */
    Nfa(boolean[] usable, Budget budget) {
        this.usable = usable.clone();
        this.budget = budget;
        start = state();
        end = state();
    }

    int state() {
        if (states == GuideLimits.NFA_STATES) {
            throw Budget.tooLarge("describes too many texts to hold");
        }
        budget.work(1);
        if (states == firstEdge.length) {
            firstEdge = Arrays.copyOf(firstEdge, 2 * states);
        }
        firstEdge[states] = -1;
        return states++;
    }

    int states() {
        return states;
    }

    void epsilon(int from, int to) {
        edge(from, Kind.EPSILON, 0, 0, to, 0);
    }

    /** Reads one byte from {@code low} to {@code high}, both included. */
    void bytes(int from, int low, int high, int to) {
        int at = low;
        while (at <= high) {
            int first = at;
            while (at <= high && usable[at]) {
                at++;
            }
            if (at > first) {
                edge(from, Kind.BYTES, first, at - 1, to, 0);
            }
            at++;
        }
    }

    /** Reads {@code open}, then {@code callee} up to its closing byte. */
    void call(int from, char open, int callee, int to) {
        if (usable[open]) {
            edge(from, Kind.CALL, open, open, to, callee);
        }
    }

    void close(int from, char closing) {
        if (usable[closing]) {
            edge(from, Kind.CLOSE, closing, closing, 0, 0);
        }
    }

    /** Reads exactly these bytes. */
    void literal(int from, byte[] text, int to) {
        int at = from;
        for (byte b : text) {
            int next = state();
            bytes(at, b & 0xFF, b & 0xFF, next);
            at = next;
        }
        epsilon(at, to);
    }

    void literal(int from, String text, int to) {
        literal(from, text.getBytes(StandardCharsets.UTF_8), to);
    }

    private void edge(int from, Kind kind, int low, int high, int to, int callee) {
        budget.work(1);
        int at = edgeCount * EDGE_INTS;
        if (at == edges.length) {
            edges = Arrays.copyOf(edges, 2 * at);
        }
        edges[at] = firstEdge[from];
        edges[at + 1] = kind.ordinal() << 16 | low << 8 | high;
        edges[at + 2] = to;
        edges[at + 3] = callee;
        firstEdge[from] = edgeCount++;
    }

    /** The first edge out of a state; -1 where there is none. */
    int firstEdge(int state) {
        return firstEdge[state];
    }

    int nextEdge(int edge) {
        return edges[edge * EDGE_INTS];
    }

    Kind kind(int edge) {
        return KINDS[edges[edge * EDGE_INTS + 1] >> 16];
    }

    int low(int edge) {
        return edges[edge * EDGE_INTS + 1] >> 8 & 0xFF;
    }

    int high(int edge) {
        return edges[edge * EDGE_INTS + 1] & 0xFF;
    }

    int target(int edge) {
        return edges[edge * EDGE_INTS + 2];
    }

    int callee(int edge) {
        return edges[edge * EDGE_INTS + 3];
    }

    int edgeCount() {
        return edgeCount;
    }
}
