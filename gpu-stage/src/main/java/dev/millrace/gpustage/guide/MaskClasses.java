package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.IntArrayList;

/**
 * States that no text as long as a token tells apart: they share a mask. Moore's partition
 * ("Gedanken-experiments on sequential machines", 1956), refined as often as the longest token has
 * bytes. A string that may have a thousand characters has thousands of states, but few masks.
 *
 * <p>A refinement looks only at states of which a successor changed its class in the one before; of
 * the parts of a class, the largest keeps its number (Hopcroft, 1971).
 */
final class MaskClasses {
    private static final int NONE = -1;

    private final Dfa dfa;
    private final Budget budget;
    private final Predecessors predecessors;
    private final int[] classOf;
    private int count = 1;

    // Members of a class, as rings without a fixed first.
    private final int[] nextMember;
    private final int[] previousMember;
    private int[] anyMember;
    private int[] sizes;

    private final IntArrayList changed = new IntArrayList();
    private final boolean[] isDirty;

    /** Entry i: the classes after 2^i refinements; the last entry stands for all later ones. */
    private final List<int[]> kept = new ArrayList<>();

    private MaskClasses(Dfa dfa, Budget budget) {
        int states = dfa.states();
        this.dfa = dfa;
        this.budget = budget;
        predecessors = new Predecessors(dfa, budget);
        classOf = new int[states];
        isDirty = new boolean[states];
        nextMember = new int[states];
        previousMember = new int[states];
        for (int state = 0; state < states; state++) {
            nextMember[state] = (state + 1) % states;
            previousMember[state] = (state + states - 1) % states;
        }
        anyMember = new int[states];
        sizes = new int[states];
        sizes[0] = states;
    }

    static MaskClasses of(Dfa dfa, int longestToken, Budget budget) {
        var classes = new MaskClasses(dfa, budget);
        int[] dirty = new int[dfa.states()];
        Arrays.setAll(dirty, state -> state);
        for (int round = 1; dirty.length > 0 && round <= longestToken; round++) {
            classes.refine(dirty);
            dirty = classes.predecessors.of(classes.changed);
            if (Integer.bitCount(round) == 1) {
                classes.keep();
            }
        }
        classes.keep();
        return classes;
    }

    private void keep() {
        budget.keep(classOf.length);
        kept.add(classOf.clone());
    }

    /** By state: its class, numbered in order of first appearance. */
    int[] all() {
        int[] numbers = new int[count];
        Arrays.fill(numbers, NONE);
        int[] all = new int[classOf.length];
        int made = 0;
        for (int state = 0; state < all.length; state++) {
            if (numbers[classOf[state]] == NONE) {
                numbers[classOf[state]] = made++;
            }
            all[state] = numbers[classOf[state]];
        }
        return all;
    }

    /** Stands for the states that no text of up to {@code bytes} bytes tells from this one. */
    int afterBytes(int state, int bytes) {
        int power = 32 - Integer.numberOfLeadingZeros(bytes - 1);
        return kept.get(Math.min(power, kept.size() - 1))[state];
    }

    /** Splits the classes of these states by where their bytes lead. */
    private void refine(int[] dirty) {
        budget.work((long) dirty.length * dfa.classes);
        var groups = new Groups(dirty);
        changed.clear();
        for (int i = 0; i < dirty.length; i++) {
            int number = groups.numberOf(i);
            if (number != classOf[dirty[i]]) {
                changed.addInt(dirty[i]);
            }
        }
        // Only now: the groups were told apart by the classes before.
        for (int i = 0; i < dirty.length; i++) {
            move(dirty[i], groups.numberOf(i));
        }
    }

    private void move(int state, int to) {
        int from = classOf[state];
        if (from == to) {
            return;
        }
        int next = nextMember[state];
        int previous = previousMember[state];
        nextMember[previous] = next;
        previousMember[next] = previous;
        anyMember[from] = next;
        sizes[from]--;
        if (sizes[to] == 0) {
            nextMember[state] = state;
            previousMember[state] = state;
        } else {
            int behind = anyMember[to];
            nextMember[state] = nextMember[behind];
            previousMember[state] = behind;
            previousMember[nextMember[behind]] = state;
            nextMember[behind] = state;
        }
        anyMember[to] = state;
        sizes[to]++;
        classOf[state] = to;
    }

    /** Dirty states by class and by where their bytes lead. */
    private final class Groups {
        private final int[] table;
        private final int[] groupOf;
        private final IntArrayList examples = new IntArrayList();
        private final IntArrayList members = new IntArrayList();
        private final int[] numbers;

        Groups(int[] dirty) {
            table = new int[Integer.highestOneBit(Math.max(8, dirty.length)) << 2];
            Arrays.fill(table, NONE);
            groupOf = new int[dirty.length];
            for (int state : dirty) {
                isDirty[state] = true;
            }
            for (int i = 0; i < dirty.length; i++) {
                groupOf[i] = groupOf(dirty[i]);
                members.setInt(groupOf[i], members.getInt(groupOf[i]) + 1);
            }
            int[] largest = largest(dirty);
            for (int state : dirty) {
                isDirty[state] = false;
            }
            numbers = new int[examples.size()];
            for (int group = 0; group < numbers.length; group++) {
                int before = classOf[examples.getInt(group)];
                numbers[group] = largest[before] == group ? before : count++;
            }
        }

        int numberOf(int index) {
            return numbers[groupOf[index]];
        }

        private int groupOf(int state) {
            int at = hash(state) & (table.length - 1);
            while (table[at] != NONE && !same(examples.getInt(table[at]), state)) {
                at = (at + 1) & (table.length - 1);
            }
            if (table[at] == NONE) {
                table[at] = examples.size();
                examples.addInt(state);
                members.addInt(0);
            }
            return table[at];
        }

        /** By class: the largest of its groups, of which the states that are not dirty are one. */
        private int[] largest(int[] dirty) {
            int[] largest = new int[count];
            Arrays.fill(largest, NONE);
            int[] left = Arrays.copyOf(sizes, count);
            for (int state : dirty) {
                left[classOf[state]]--;
            }
            int seen = examples.size();
            for (int group = 0; group < seen; group++) {
                int before = classOf[examples.getInt(group)];
                if (left[before] > 0) {
                    int clean = groupOf(cleanMember(before));
                    left[before] = 0;
                    // They are not looked at, so they must keep their number.
                    members.setInt(clean, Integer.MAX_VALUE);
                }
            }
            for (int group = 0; group < examples.size(); group++) {
                int before = classOf[examples.getInt(group)];
                int best = largest[before];
                if (best == NONE || members.getInt(group) > members.getInt(best)) {
                    largest[before] = group;
                }
            }
            return largest;
        }

        private int cleanMember(int of) {
            int state = anyMember[of];
            while (isDirty[state]) {
                state = nextMember[state];
            }
            return state;
        }
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
