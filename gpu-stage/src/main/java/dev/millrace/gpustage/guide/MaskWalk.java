package dev.millrace.gpustage.guide;

import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks a vocabulary from one state after the other. Owned by the compiling thread.
 *
 * <p>Most states of a large automaton differ in what may come much later only. So what was found
 * below a part of the trie ({@link TokenTrie#partHeight}) is kept, and taken over for every state
 * that no text of the part's height tells apart.
 */
final class MaskWalk {
    /** A container that a token opened: what is on the stack, and what is below it. */
    private record Opened(int symbol, @Nullable Opened below) {}

    /** What was found in a part of the trie. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Found(int[] tokens, int[] walked) {}

    private final Dfa dfa;
    private final TokenTrie trie;
    private final MaskClasses classes;
    private final Budget budget;
    private final Long2ObjectHashMap<Found> parts = new Long2ObjectHashMap<>();

    /** Equal lists are kept once. */
    private final Map<IntBuffer, int[]> lists = new HashMap<>();

    // By depth in the trie: before the byte at that depth is read.
    private final int[] states;
    private final boolean[] touched;
    private final @Nullable Opened[] stacks;

    private final Tokens tokens = new Tokens();
    private final Tokens walked = new Tokens();

    MaskWalk(Dfa dfa, TokenTrie trie, MaskClasses classes, Budget budget) {
        this.dfa = dfa;
        this.trie = trie;
        this.classes = classes;
        this.budget = budget;
        states = new int[trie.longest() + 1];
        touched = new boolean[trie.longest() + 1];
        stacks = new Opened[trie.longest() + 1];
    }

    /** Finds the tokens that may come next in a state. */
    void from(int state) {
        tokens.clear();
        walked.clear();
        states[0] = state;
        walk(0, trie.nodes());
        budget.work(tokens.size());
    }

    /** Tokens that the state allows, whatever containers are open. */
    Tokens tokens() {
        return tokens;
    }

    /** Tokens that open or close containers, and that the state does not forbid. */
    Tokens walked() {
        return walked;
    }

    private void walk(int first, int end) {
        int node = first;
        int visited = 0;
        while (node < end) {
            visited++;
            node = visit(node, trie.depth(node));
        }
        budget.work(visited);
    }

    /** Follows one byte; the node to go on with. */
    private int visit(int node, int depth) {
        int next = dfa.next(states[depth], trie.byteOf(node));
        if (next == Dfa.DEAD) {
            return trie.end(node);
        }
        boolean touches = touched[depth] || next < 0;
        if (next < 0) {
            return touch(node, depth, next);
        }
        states[depth + 1] = next;
        touched[depth + 1] = touches;
        stacks[depth + 1] = stacks[depth];
        add(touches ? walked : tokens, node, node + 1);
        if (!touches && trie.partHeight(node) > 0) {
            addPart(node, next);
            return trie.end(node);
        }
        return node + 1;
    }

    /** Opens or closes a container. */
    private int touch(int node, int depth, int entry) {
        Opened stack = stacks[depth];
        int next;
        if (entry != Dfa.CLOSE) {
            Dfa.Open open = dfa.open(entry);
            stack = new Opened(open.symbol(), stack);
            next = open.state();
        } else if (stack != null) {
            next = dfa.afterClose(stack.symbol, states[depth]);
            stack = stack.below;
        } else {
            // What follows is read outside the container that the token found open.
            add(walked, node, trie.end(node));
            return trie.end(node);
        }
        if (next < 0) {
            return trie.end(node);
        }
        states[depth + 1] = next;
        touched[depth + 1] = true;
        stacks[depth + 1] = stack;
        add(walked, node, node + 1);
        return node + 1;
    }

    private void addPart(int node, int state) {
        int height = trie.partHeight(node);
        long key = (long) node << 32 | classes.afterBytes(state, height);
        Found found = parts.get(key);
        if (found == null) {
            int tokensBefore = tokens.size();
            int walkedBefore = walked.size();
            walk(node + 1, trie.end(node));
            found = new Found(once(tokens.since(tokensBefore)), once(walked.since(walkedBefore)));
            budget.keep(8);
            parts.put(key, found);
        } else {
            tokens.addAll(found.tokens);
            walked.addAll(found.walked);
        }
    }

    private int[] once(int[] list) {
        int[] known = lists.putIfAbsent(IntBuffer.wrap(list), list);
        if (known == null) {
            budget.keep(list.length);
            return list;
        }
        return known;
    }

    /** The tokens that end in nodes from {@code from} to before {@code to}. */
    private void add(Tokens list, int from, int to) {
        for (int i = trie.firstToken(from); i < trie.firstToken(to); i++) {
            list.add(trie.token(i));
        }
    }
}
