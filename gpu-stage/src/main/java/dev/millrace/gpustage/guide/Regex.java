package dev.millrace.gpustage.guide;

import java.util.List;

/** A regular expression, parsed. */
sealed interface Regex {
    /** One of a set of characters. */
    record Characters(CodePoints set) implements Regex {}

    /** One after the other; nothing where there are none. */
    record Sequence(List<Regex> parts) implements Regex {}

    /** Any one of these. */
    record Choice(List<Regex> options) implements Regex {}

    /** From {@code min} to {@code max} times. */
    record Repeat(Regex part, int min, int max) implements Regex {
        static final int UNBOUNDED = -1;
    }

    /** Writes this between two states. */
    default void write(Nfa nfa, int from, CharacterEdges edges, int to) {
        switch (this) {
            case Characters characters -> edges.add(nfa, from, characters.set(), to);
            case Choice choice -> choice.options().forEach(o -> o.write(nfa, from, edges, to));
            case Sequence sequence -> {
                int at = from;
                for (Regex part : sequence.parts()) {
                    int next = nfa.state();
                    part.write(nfa, at, edges, next);
                    at = next;
                }
                nfa.epsilon(at, to);
            }
            case Repeat repeat -> writeRepeat(repeat, nfa, from, edges, to);
        }
    }

    private static void writeRepeat(
            Repeat repeat, Nfa nfa, int from, CharacterEdges edges, int to) {
        int at = nfa.state();
        nfa.epsilon(from, at);
        for (int i = 0; i < repeat.min(); i++) {
            int next = nfa.state();
            repeat.part().write(nfa, at, edges, next);
            at = next;
        }
        if (repeat.max() == Repeat.UNBOUNDED) {
            int again = nfa.state();
            repeat.part().write(nfa, at, edges, again);
            nfa.epsilon(again, at);
        }
        for (int i = repeat.min(); i < repeat.max(); i++) {
            nfa.epsilon(at, to);
            int next = nfa.state();
            repeat.part().write(nfa, at, edges, next);
            at = next;
        }
        nfa.epsilon(at, to);
    }
}
