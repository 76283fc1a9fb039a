package dev.millrace.tools.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The smallest part of a list that still fails, in the sense that nothing less of it does by
 * leaving out one element: Zeller and Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing
 * Input", algorithm ddmin.
 */
final class DeltaDebugging<T> {
    private final Predicate<List<T>> fails;
    private int tries;

    /**
     * @param fails asked about parts, in order; true of the whole list
     */
    DeltaDebugging(Predicate<List<T>> fails) {
        this.fails = fails;
    }

    /** How often {@code fails} was asked. */
    int tries() {
        return tries;
    }

    /** A part that fails and of which no element can be left out. */
    List<T> smallest(List<T> whole) {
        List<T> rest = whole;
        int pieces = 2;
        while (rest.size() > 1) {
            List<T> less = less(rest, pieces);
            if (less != null) {
                pieces = less.size() < rest.size() / pieces + 1 ? 2 : Math.max(2, pieces - 1);
                rest = less;
            } else if (pieces >= rest.size()) {
                return rest;
            } else {
                pieces = Math.min(rest.size(), 2 * pieces);
            }
        }
        return rest;
    }

    /** One piece that fails, or all but one; null where none does. */
    private @Nullable List<T> less(List<T> list, int pieces) {
        for (int i = 0; i < pieces; i++) {
            List<T> piece = list.subList(from(list, pieces, i), from(list, pieces, i + 1));
            if (failsWith(piece)) {
                return List.copyOf(piece);
            }
        }
        for (int i = 0; pieces > 2 && i < pieces; i++) {
            List<T> others = new ArrayList<>(list.subList(0, from(list, pieces, i)));
            others.addAll(list.subList(from(list, pieces, i + 1), list.size()));
            if (failsWith(others)) {
                return others;
            }
        }
        return null;
    }

    private static int from(List<?> list, int pieces, int piece) {
        return (int) ((long) list.size() * piece / pieces);
    }

    private boolean failsWith(List<T> part) {
        tries++;
        return fails.test(part);
    }
}
