package dev.millrace.gpustage.guide;

import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;

/**
 * Finds all states that a text may reach, container by container: how a container closes is worked
 * out once for the state it begins in, and told to all that open it so (Reps, Horwitz, Sagiv,
 * "Precise interprocedural dataflow analysis", 1995).
 */
final class Exploration {
    private final Determinizer sets;
    private final Nesting nesting;
    private final Budget budget;

    /** First state of a container (high half) and a state reached inside it. */
    private final LongHashSet reached = new LongHashSet();

    private final LongArrayList open = new LongArrayList();

    /** By first state of a container: first state of the container around, and the symbol. */
    private final Map<Integer, LongHashSet> callers = new HashMap<>();

    /** By first state of a container: the close sets that end it. */
    private final Map<Integer, LongHashSet> exits = new HashMap<>();

    private final Long2LongHashMap afterClose = new Long2LongHashMap(Dfa.DEAD);

    private Exploration(Determinizer sets, Nesting nesting, Budget budget) {
        this.sets = sets;
        this.nesting = nesting;
        this.budget = budget;
    }

    /** Makes a net deterministic. */
    static Dfa determinize(Nfa nfa, Budget budget) {
        var nesting = new Nesting(nfa, budget);
        return new Exploration(new Determinizer(nfa, nesting, budget), nesting, budget).run();
    }

    private Dfa run() {
        int start = sets.startState();
        reach(start, start);
        while (!open.isEmpty()) {
            long next = open.popLong();
            visit((int) (next >> 32), (int) next);
        }
        int classes = sets.classes.count();
        int[] table = new int[sets.sets.size() * classes];
        for (int state = 0; state < sets.sets.size(); state++) {
            System.arraycopy(sets.row(state), 0, table, state * classes, classes);
        }
        return new Dfa(
                sets.classes.all(),
                classes,
                start,
                table,
                sets.accepting,
                sets.opens.toArray(Dfa.Open[]::new),
                sets.closeSets.toIntArray(),
                afterClose,
                nesting.greatestNeed());
    }

    private void reach(int first, int state) {
        if (state >= 0 && reached.add((long) first << 32 | state)) {
            budget.keep(2);
            open.addLong((long) first << 32 | state);
        }
    }

    private void visit(int first, int state) {
        int[] row = sets.row(state);
        budget.work(row.length);
        for (int entry : row) {
            if (entry >= 0) {
                reach(first, entry);
            } else if (entry <= Dfa.FIRST_OPEN) {
                Dfa.Open way = sets.opens.get(Dfa.FIRST_OPEN - entry);
                call(first, way.symbol(), way.state());
                call(first, way.nearSymbol(), way.nearState());
            } else if (entry == Dfa.CLOSE) {
                int closeSet = sets.closeSets.getInt(state);
                if (exits.computeIfAbsent(first, _ -> new LongHashSet()).add(closeSet)) {
                    for (long caller : callers.getOrDefault(first, new LongHashSet())) {
                        goOn((int) (caller >> 32), (int) caller, closeSet);
                    }
                }
            }
        }
    }

    private void call(int around, int symbol, int inside) {
        if (inside < 0) {
            return;
        }
        reach(inside, inside);
        long caller = (long) around << 32 | symbol;
        if (callers.computeIfAbsent(inside, _ -> new LongHashSet()).add(caller)) {
            for (long closeSet : exits.getOrDefault(inside, new LongHashSet())) {
                goOn(around, symbol, (int) closeSet);
            }
        }
    }

    private void goOn(int around, int symbol, int closeSet) {
        int state = sets.afterClose(symbol, closeSet);
        afterClose.put(Dfa.key(symbol, closeSet), state);
        reach(around, state);
    }
}
