package dev.millrace.gpustage.guide;

import java.util.Arrays;
import org.agrona.collections.IntArrayList;

/** From which states of an automaton each state is reached by one byte. */
final class Predecessors {
    /** By state: where its predecessors begin in {@link #sources}. */
    private final int[] first;

    private final int[] sources;
    private final boolean[] seen;

    Predecessors(Dfa dfa, Budget budget) {
        int states = dfa.states();
        budget.work(2L * states * dfa.classes);
        int[] counts = new int[states + 1];
        int[] last = new int[states];
        Arrays.fill(last, -1);
        for (int state = 0; state < states; state++) {
            for (int c = 0; c < dfa.classes; c++) {
                int target = target(dfa, state, c);
                if (target >= 0 && last[target] != state) {
                    last[target] = state;
                    counts[target + 1]++;
                }
            }
        }
        for (int state = 0; state < states; state++) {
            counts[state + 1] += counts[state];
        }
        first = counts;
        sources = new int[first[states]];
        budget.keep(sources.length);
        int[] filled = Arrays.copyOf(first, states);
        Arrays.fill(last, -1);
        for (int state = 0; state < states; state++) {
            for (int c = 0; c < dfa.classes; c++) {
                int target = target(dfa, state, c);
                if (target >= 0 && last[target] != state) {
                    last[target] = state;
                    sources[filled[target]++] = state;
                }
            }
        }
        seen = new boolean[states];
    }

    private static int target(Dfa dfa, int state, int byteClass) {
        int next = dfa.nextOfClass(state, byteClass);
        return next <= Dfa.FIRST_OPEN ? dfa.open(next).state() : next;
    }

    /** The predecessors of all of these, each once. */
    int[] of(IntArrayList states) {
        var found = new IntArrayList();
        for (int i = 0; i < states.size(); i++) {
            int state = states.getInt(i);
            for (int at = first[state]; at < first[state + 1]; at++) {
                if (!seen[sources[at]]) {
                    seen[sources[at]] = true;
                    found.addInt(sources[at]);
                }
            }
        }
        int[] all = found.toIntArray();
        for (int state : all) {
            seen[state] = false;
        }
        return all;
    }
}
