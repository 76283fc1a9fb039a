package dev.millrace.gpustage.guide;

import java.util.Arrays;

/**
 * States that no text as long as a token tells apart: they share a mask. Moore's partition
 * ("Gedanken-experiments on sequential machines", 1956), refined as often as the longest token has
 * bytes. A string that may have a thousand characters has thousands of states, but few masks.
 */
final class MaskClasses {
    private final Dfa dfa;
    private final Budget budget;
    private int[] classOf;
    private int count = 1;

    private MaskClasses(Dfa dfa, Budget budget) {
        this.dfa = dfa;
        this.budget = budget;
        classOf = new int[dfa.states()];
    }

    /** By state: its class, numbered in order of first appearance. */
    static int[] of(Dfa dfa, int longestToken, Budget budget) {
        var partition = new MaskClasses(dfa, budget);
        boolean refined = true;
        for (int round = 0; refined && round < longestToken; round++) {
            refined = partition.refine();
        }
        return partition.classOf;
    }

    private boolean refine() {
        int states = dfa.states();
        budget.work((long) states * dfa.classes);
        int[] refined = new int[states];
        int[] table = new int[Integer.highestOneBit(Math.max(8, states)) << 2];
        Arrays.fill(table, -1);
        int made = 0;
        for (int state = 0; state < states; state++) {
            int at = hash(state) & (table.length - 1);
            while (table[at] >= 0 && !same(table[at], state)) {
                at = (at + 1) & (table.length - 1);
            }
            if (table[at] < 0) {
                table[at] = state;
                refined[state] = made++;
            } else {
                refined[state] = refined[table[at]];
            }
        }
        boolean more = made > count;
        count = made;
        classOf = refined;
        return more;
    }

    private int hash(int state) {
        int hash = 31 * classOf[state] + dfa.closeSet(state);
        for (int c = 0; c < dfa.classes; c++) {
            int next = dfa.nextOfClass(state, c);
            if (next >= 0) {
                next = classOf[next];
            } else if (next <= Dfa.FIRST_OPEN) {
                next = ~classOf[dfa.open(next).state()];
            }
            hash = hash * 0x01000193 + next;
        }
        return hash ^ hash >>> 15;
    }

    private boolean same(int one, int other) {
        if (classOf[one] != classOf[other] || dfa.closeSet(one) != dfa.closeSet(other)) {
            return false;
        }
        for (int c = 0; c < dfa.classes; c++) {
            if (!sameWay(dfa.nextOfClass(one, c), dfa.nextOfClass(other, c))) {
                return false;
            }
        }
        return true;
    }

    private boolean sameWay(int one, int other) {
        if (one == other) {
            return true;
        }
        if (one >= 0 && other >= 0) {
            return classOf[one] == classOf[other];
        }
        if (one > Dfa.FIRST_OPEN || other > Dfa.FIRST_OPEN) {
            return false;
        }
        Dfa.Open a = dfa.open(one);
        Dfa.Open b = dfa.open(other);
        return a.symbol() == b.symbol() && classOf[a.state()] == classOf[b.state()];
    }
}
