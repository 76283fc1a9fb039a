package dev.millrace.gpustage.guide;

/** A place in an automaton: a state and the containers that are open. Owned by one thread. */
final class Walk {
    private final Dfa dfa;
    private final int[] stack = new int[GuideLimits.DEPTH];
    private int depth;
    private int state;

    Walk(Dfa dfa) {
        this.dfa = dfa;
        this.state = dfa.start;
    }

    int state() {
        return state;
    }

    void copyFrom(Walk other) {
        state = other.state;
        depth = other.depth;
        System.arraycopy(other.stack, 0, stack, 0, depth);
    }

    /** Reads bytes; false where they are not allowed, and then the place is lost. */
    boolean read(byte[] bytes) {
        for (byte b : bytes) {
            if (!read(b)) {
                return false;
            }
        }
        return true;
    }

    private boolean read(byte b) {
        int next = dfa.next(state, b);
        if (next >= 0) {
            state = next;
            return true;
        }
        if (next == Dfa.DEAD) {
            return false;
        }
        return next == Dfa.CLOSE ? close() : open(dfa.open(next));
    }

    private boolean open(Dfa.Open open) {
        int left = stack.length - depth - 1;
        boolean near = left < dfa.nearLevels();
        int inside = near ? open.nearState() : open.state();
        if (left < 0 || inside < 0) {
            return false;
        }
        stack[depth++] = near ? open.nearSymbol() : open.symbol();
        state = inside;
        return true;
    }

    private boolean close() {
        state = dfa.afterClose(stack[--depth], state);
        return state >= 0;
    }
}
