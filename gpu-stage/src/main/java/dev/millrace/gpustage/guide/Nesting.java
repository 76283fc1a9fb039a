package dev.millrace.gpustage.guide;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * How deep containers must and may nest, state by state. Made once a compilation.
 *
 * <p>A state's <em>need</em> is the least number of containers that must be open inside each other
 * at some time before the state's own container can be closed; a state that can never reach its end
 * has none and is left out of the automaton.
 */
final class Nesting {
    /** The need of a state from which no end is reached. */
    static final int ENDLESS = Integer.MAX_VALUE;

    private final Nfa nfa;
    private final int[] need;
    private int greatestNeed;

    /**
     * @throws GuideException where the text would have to nest too deep, or no text fits at all
     */
    Nesting(Nfa nfa, Budget budget) {
        this.nfa = nfa;
        need = new int[nfa.states()];
        budget.work(4L * nfa.edgeCount());
        computeNeeds(budget);
        if (need[nfa.start] == ENDLESS) {
            throw new GuideException("no text fits it; something that can be written is expected");
        }
        checkDepths(budget);
    }

    int need(int state) {
        return need[state];
    }

    /** The greatest need inside containers that may nest without end; 0 where there are none. */
    int greatestNeed() {
        return greatestNeed;
    }

    /** By level: level k finds the states with need k, backwards from what level k-1 allows. */
    private void computeNeeds(Budget budget) {
        int[] source = new int[nfa.edgeCount()];
        int[] nextInto = new int[nfa.edgeCount()];
        int[] firstInto = new int[nfa.states()];
        Arrays.fill(firstInto, -1);
        Arrays.fill(need, ENDLESS);
        var found = new ArrayDeque<Integer>();
        for (int state = 0; state < nfa.states(); state++) {
            for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
                source[e] = state;
                if (nfa.kind(e) == Nfa.Kind.CLOSE) {
                    reach(state, 0, found);
                } else {
                    nextInto[e] = firstInto[nfa.target(e)];
                    firstInto[nfa.target(e)] = e;
                }
            }
        }
        reach(nfa.end, 0, found);
        for (int level = 0; !found.isEmpty(); level++) {
            while (!found.isEmpty()) {
                for (int e = firstInto[found.pop()]; e >= 0; e = nextInto[e]) {
                    if (nfa.kind(e) != Nfa.Kind.CALL || need[nfa.callee(e)] < level) {
                        reach(source[e], level, found);
                    }
                }
            }
            budget.work(nfa.edgeCount());
            for (int e = 0; e < nfa.edgeCount(); e++) {
                if (nfa.kind(e) == Nfa.Kind.CALL
                        && need[nfa.callee(e)] == level
                        && need[nfa.target(e)] != ENDLESS) {
                    reach(source[e], level + 1, found);
                }
            }
        }
    }

    private void reach(int state, int level, ArrayDeque<Integer> found) {
        if (need[state] == ENDLESS) {
            need[state] = level;
            found.push(state);
        }
    }

    /**
     * Takes away, again and again, the containers that nothing left calls: what remains may nest
     * without end.
     */
    private void checkDepths(Budget budget) {
        Map<Integer, Set<Integer>> calls = calls(budget);
        var callers = new LinkedHashMap<Integer, Integer>();
        var depths = new LinkedHashMap<Integer, Integer>();
        calls.values().forEach(callees -> callees.forEach(c -> callers.merge(c, 1, Integer::sum)));
        var free = new ArrayDeque<Integer>();
        free.add(nfa.start);
        depths.put(nfa.start, 0);
        int deepest = 0;
        while (!free.isEmpty()) {
            int frame = free.remove();
            int depth = depths.getOrDefault(frame, 0);
            deepest = Math.max(deepest, depth);
            for (int callee : calls.getOrDefault(frame, Set.of())) {
                depths.merge(callee, depth + 1, Math::max);
                if (callers.merge(callee, -1, Integer::sum) == 0) {
                    free.add(callee);
                }
            }
            calls.remove(frame);
        }
        calls.keySet().forEach(this::raiseGreatestNeed);
        if (greatestNeed > GuideLimits.REQUIRED_DEPTH
                || deepest + greatestNeed + (calls.isEmpty() ? 0 : 1) > GuideLimits.DEPTH) {
            throw new GuideException(
                    "objects and arrays would have to nest too deep; at most "
                            + GuideLimits.DEPTH
                            + " levels are accepted, of which a recursive schema may require "
                            + GuideLimits.REQUIRED_DEPTH);
        }
    }

    /** By the first state of each container that can be reached: the containers it may hold. */
    private Map<Integer, Set<Integer>> calls(Budget budget) {
        var calls = new LinkedHashMap<Integer, Set<Integer>>();
        var open = new ArrayDeque<Integer>();
        open.add(nfa.start);
        while (!open.isEmpty()) {
            int frame = open.remove();
            if (!calls.containsKey(frame)) {
                var callees = new LinkedHashSet<Integer>();
                for (int state : statesOf(frame)) {
                    budget.work(1);
                    for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
                        if (nfa.kind(e) == Nfa.Kind.CALL && need[nfa.callee(e)] != ENDLESS) {
                            callees.add(nfa.callee(e));
                        }
                    }
                }
                calls.put(frame, callees);
                open.addAll(callees);
            }
        }
        return calls;
    }

    /** The states from which a container's end is reached, from its first on. */
    private Set<Integer> statesOf(int frame) {
        var states = new LinkedHashSet<Integer>();
        var open = new ArrayDeque<Integer>();
        open.add(frame);
        while (!open.isEmpty()) {
            int state = open.remove();
            if (need[state] != ENDLESS && states.add(state)) {
                for (int e = nfa.firstEdge(state); e >= 0; e = nfa.nextEdge(e)) {
                    if (nfa.kind(e) != Nfa.Kind.CLOSE) {
                        open.add(nfa.target(e));
                    }
                }
            }
        }
        return states;
    }

    private void raiseGreatestNeed(int frame) {
        for (int state : statesOf(frame)) {
            greatestNeed = Math.max(greatestNeed, need[state]);
        }
    }
}
