package dev.millrace.gpustage.guide;

import java.util.BitSet;
import org.agrona.collections.Long2LongHashMap;

/**
 * A deterministic automaton over bytes with a stack of open containers. Immutable; read by the
 * compiling thread and then by a lane.
 *
 * <p>A byte leads to a state, opens a container (the stack takes a symbol that says where to go on
 * behind it) or closes one (symbol and state say where to go on).
 */
final class Dfa {
    /** The byte is not allowed. */
    static final int DEAD = -1;

    /** The byte closes the innermost container. */
    static final int CLOSE = -2;

    /** Entries at or below this open a container: {@code FIRST_OPEN - index}. */
    static final int FIRST_OPEN = -3;

    /** What a byte does that opens a container. */
    record Open(int symbol, int state, int nearSymbol, int nearState) {}

    final int classes;
    final int[] classOf;
    final int start;
    private final int[] next;
    private final BitSet accepting;
    private final Open[] opens;
    private final int[] closeSets;
    private final Long2LongHashMap afterClose;
    private final int nearLevels;

    /**
     * An automaton.
     *
     * @param classOf by byte: bytes of a class are not told apart
     * @param next by state and class: a state, DEAD, CLOSE or an index into {@code opens}
     * @param closeSets by state: stands for the ways in which its container may close
     * @param afterClose by symbol (high half) and close set: the state behind the container
     * @param nearLevels where fewer levels than this are left, containers open their near way
     */
    Dfa(
            int[] classOf,
            int classes,
            int start,
            int[] next,
            BitSet accepting,
            Open[] opens,
            int[] closeSets,
            Long2LongHashMap afterClose,
            int nearLevels) {
        this.classOf = classOf;
        this.classes = classes;
        this.start = start;
        this.next = next;
        this.accepting = accepting;
        this.opens = opens;
        this.closeSets = closeSets;
        this.afterClose = afterClose;
        this.nearLevels = nearLevels;
    }

    int states() {
        return closeSets.length;
    }

    /** A state, {@link #DEAD}, {@link #CLOSE}, or what {@link #open} takes. */
    int next(int state, byte b) {
        return next[state * classes + classOf[b & 0xFF]];
    }

    int nextOfClass(int state, int byteClass) {
        return next[state * classes + byteClass];
    }

    Open open(int entry) {
        return opens[FIRST_OPEN - entry];
    }

    int closeSet(int state) {
        return closeSets[state];
    }

    /** The state behind the container that {@code state} closes; DEAD where there is none. */
    int afterClose(int symbol, int state) {
        return (int) afterClose.get(key(symbol, closeSets[state]));
    }

    static long key(int symbol, int closeSet) {
        return (long) symbol << 32 | closeSet;
    }

    /** Whether the text may end here. */
    boolean accepts(int state) {
        return accepting.get(state);
    }

    /** Whether no byte may follow. */
    boolean isFinal(int state) {
        for (int c = 0; c < classes; c++) {
            if (next[state * classes + c] != DEAD) {
                return false;
            }
        }
        return true;
    }

    int nearLevels() {
        return nearLevels;
    }

    long bytes() {
        return 4L * next.length
                + 4L * closeSets.length
                + 32L * opens.length
                + 32L * afterClose.size();
    }
}
