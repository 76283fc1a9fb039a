package dev.millrace.gpustage.guide;

import java.util.Arrays;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/** What each state of a net reaches without reading, less the states that read nothing. */
final class Closures {
    private final Nfa nfa;
    private final Budget budget;
    private final int[] @Nullable [] known;
    private final int[] seen;
    private int stamp;

    Closures(Nfa nfa, Budget budget) {
        this.nfa = nfa;
        this.budget = budget;
        known = new int[nfa.states()][];
        seen = new int[nfa.states()];
    }

    /** Not to be written. */
    int[] of(int state) {
        int[] closure = known[state];
        if (closure == null) {
            closure = compute(state);
            known[state] = closure;
        }
        budget.work(closure.length);
        return closure;
    }

    private int[] compute(int first) {
        stamp++;
        var open = new IntArrayList();
        var reached = new IntArrayList();
        open.addInt(first);
        seen[first] = stamp;
        while (!open.isEmpty()) {
            int state = open.popInt();
            boolean reads = state == nfa.end;
            for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
                if (nfa.kind(e) != Nfa.Kind.EPSILON) {
                    reads = true;
                } else if (seen[nfa.target(e)] != stamp) {
                    seen[nfa.target(e)] = stamp;
                    open.addInt(nfa.target(e));
                }
            }
            budget.work(1);
            if (reads) {
                reached.addInt(state);
            }
        }
        budget.keep(reached.size());
        int[] closure = reached.toIntArray();
        Arrays.sort(closure);
        return closure;
    }
}
