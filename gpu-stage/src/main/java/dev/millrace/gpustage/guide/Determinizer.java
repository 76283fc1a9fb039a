package dev.millrace.gpustage.guide;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.IntArrayList;

/**
 * The states of the deterministic automaton: sets of items, each a state of the net and a tag.
 *
 * <p>All readings of a text have the same containers open, so a container is opened for all of them
 * at once. The symbol that goes on the stack lists where each reading goes on behind the container;
 * a tag inside says which entry of that list an item belongs to.
 *
 * <p>A state has a level: how many containers may still be opened in it. Items that need more are
 * left out. {@link #FREE} stands for enough for any item.
 */
final class Determinizer {
    static final int FREE = 1 << 20;

    private static final int STATE_BITS = 18;
    private static final int STATE_MASK = (1 << STATE_BITS) - 1;
    private static final int MAX_TAG = (1 << (31 - STATE_BITS)) - 1;

    private final Nfa nfa;
    private final Nesting nesting;
    private final Budget budget;
    private final Closures closures;
    final ByteClasses classes;

    /** Level, then items in order. */
    private final Map<IntKey, Integer> ids = new HashMap<>();

    final List<int[]> sets = new ArrayList<>();
    final List<int[]> rows = new ArrayList<>();
    final IntArrayList closeSets = new IntArrayList();
    final BitSet accepting = new BitSet();
    final List<Dfa.Open> opens = new ArrayList<>();

    /** Level behind the container, then tag and state of each reading there. */
    private final Map<IntKey, Integer> symbolIds = new HashMap<>();

    private final List<int[]> symbols = new ArrayList<>();
    private final Map<IntKey, Integer> tagSetIds = new HashMap<>();
    private final List<int[]> tagSets = new ArrayList<>();

    Determinizer(Nfa nfa, Nesting nesting, Budget budget) {
        this.nfa = nfa;
        this.nesting = nesting;
        this.budget = budget;
        this.closures = new Closures(nfa, budget);
        this.classes = new ByteClasses(nfa);
        tagSet(new int[0]);
    }

    int startState() {
        return state(FREE, new int[] {nfa.start});
    }

    /** The state behind a container: {@code symbol} was pushed, {@code closeSet} closes it. */
    int afterClose(int symbol, int closeSet) {
        int[] pairs = symbols.get(symbol);
        int[] tags = tagSets.get(closeSet);
        int[] items = new int[tags.length];
        for (int i = 0; i < tags.length; i++) {
            items[i] = pairs[1 + tags[i]];
        }
        return state(pairs[0], items);
    }

    /** The state of these items and all that they reach without reading; DEAD for none. */
    private int state(int level, int[] items) {
        var all = new IntArrayList();
        for (int item : items) {
            for (int reached : closures.of(item & STATE_MASK)) {
                if (nesting.need(reached) <= level) {
                    all.addInt((item & ~STATE_MASK) | reached);
                }
            }
            budget.work(1);
        }
        if (all.isEmpty()) {
            return Dfa.DEAD;
        }
        IntKey key = key(level, all.toIntArray());
        Integer known = ids.get(key);
        return known != null ? known : newState(key);
    }

    private int newState(IntKey key) {
        int id = sets.size();
        if (id == GuideLimits.DFA_STATES || (long) id * classes.count() > GuideLimits.TRANSITIONS) {
            throw Budget.tooLarge("describes an automaton of more than " + id + " states");
        }
        budget.keep(key.values.length + classes.count());
        ids.put(key, id);
        sets.add(key.values);
        if (Arrays.stream(key.values, 1, key.values.length)
                .anyMatch(item -> (item & STATE_MASK) == nfa.end)) {
            accepting.set(id);
        }
        return id;
    }

    /** Sorted, each once, behind the level. */
    private static IntKey key(int level, int[] items) {
        Arrays.sort(items);
        int[] values = new int[items.length + 1];
        values[0] = level;
        int count = 1;
        for (int i = 0; i < items.length; i++) {
            if (i == 0 || items[i] != items[i - 1]) {
                values[count++] = items[i];
            }
        }
        return new IntKey(count == values.length ? values : Arrays.copyOf(values, count));
    }

    /** Fills the row of a state; rows are asked for in the order of states. */
    int[] row(int id) {
        while (rows.size() <= id) {
            rows.add(computeRow(rows.size()));
        }
        return rows.get(id);
    }

    private int[] computeRow(int id) {
        int[] set = sets.get(id);
        int level = set[0];
        int[] row = new int[classes.count()];
        Arrays.fill(row, Dfa.DEAD);
        var moves = new IntArrayList[classes.count()];
        var calls = new HashMap<Integer, IntArrayList>();
        int closing = -1;
        var closingTags = new IntArrayList();
        for (int i = 1; i < set.length; i++) {
            int tag = set[i] & ~STATE_MASK;
            for (int e = nfa.firstEdge(set[i] & STATE_MASK); e >= 0; e = nfa.nextEdge(e)) {
                switch (nfa.kind(e)) {
                    case EPSILON -> {}
                    case BYTES -> {
                        for (int c : classes.between(nfa.low(e), nfa.high(e))) {
                            if (moves[c] == null) {
                                moves[c] = new IntArrayList();
                            }
                            moves[c].addInt(tag | nfa.target(e));
                        }
                    }
                    case CALL -> {
                        var of =
                                calls.computeIfAbsent(
                                        classes.of(nfa.low(e)), _ -> new IntArrayList());
                        of.addInt(tag | nfa.target(e));
                        of.addInt(nfa.callee(e));
                    }
                    case CLOSE -> {
                        closing = classes.of(nfa.low(e));
                        closingTags.addInt(tag >>> STATE_BITS);
                    }
                }
            }
        }
        var known = new HashMap<IntKey, Integer>();
        for (int c = 0; c < row.length; c++) {
            if (moves[c] != null) {
                IntKey key = key(level, moves[c].toIntArray());
                Integer target = known.get(key);
                if (target == null) {
                    target = state(level, Arrays.copyOfRange(key.values, 1, key.values.length));
                    known.put(key, target);
                }
                row[c] = target;
            }
        }
        calls.forEach((c, of) -> row[c] = open(level, of.toIntArray()));
        closeSets.addInt(0);
        if (closing >= 0) {
            row[closing] = Dfa.CLOSE;
            closeSets.setInt(id, tagSet(closingTags.toIntArray()));
        }
        return row;
    }

    private int tagSet(int[] tags) {
        int[] sorted = Arrays.stream(tags).sorted().distinct().toArray();
        return intern(sorted, tagSetIds, tagSets);
    }

    private int intern(int[] values, Map<IntKey, Integer> ids, List<int[]> all) {
        Integer known = ids.putIfAbsent(new IntKey(values), all.size());
        if (known == null) {
            budget.keep(values.length);
            all.add(values);
            return all.size() - 1;
        }
        return known;
    }

    /** An entry for a byte that opens containers; {@code calls}: where behind, and what inside. */
    private int open(int level, int[] calls) {
        int near = nesting.greatestNeed() - 1;
        int[] inside = enter(level, level == FREE ? FREE : level - 1, calls);
        int[] insideNear = level == FREE ? enter(level, near, calls) : inside;
        if (inside[1] == Dfa.DEAD) {
            return Dfa.DEAD;
        }
        opens.add(new Dfa.Open(inside[0], inside[1], insideNear[0], insideNear[1]));
        return Dfa.FIRST_OPEN - (opens.size() - 1);
    }

    /** Symbol and first state inside, of the calls that may be made at these levels. */
    private int[] enter(int level, int levelInside, int[] calls) {
        int[] behind = new int[calls.length / 2];
        int count = 0;
        for (int i = 0; i < calls.length; i += 2) {
            if (isOpen(calls, i, level, levelInside)) {
                behind[count++] = calls[i];
            }
        }
        if (count == 0) {
            return new int[] {Dfa.DEAD, Dfa.DEAD};
        }
        int[] symbol = key(level, Arrays.copyOf(behind, count)).values;
        if (symbol.length - 2 > MAX_TAG) {
            throw Budget.tooLarge("has too many alternatives");
        }
        int[] items = new int[calls.length / 2];
        int made = 0;
        for (int i = 0; i < calls.length; i += 2) {
            if (isOpen(calls, i, level, levelInside)) {
                int tag = Arrays.binarySearch(symbol, 1, symbol.length, calls[i]) - 1;
                items[made++] = tag << STATE_BITS | calls[i + 1];
            }
        }
        int first = state(levelInside, Arrays.copyOf(items, made));
        return new int[] {intern(symbol, symbolIds, symbols), first};
    }

    private boolean isOpen(int[] calls, int at, int level, int levelInside) {
        return nesting.need(calls[at] & STATE_MASK) <= level
                && nesting.need(calls[at + 1]) <= levelInside;
    }
}
