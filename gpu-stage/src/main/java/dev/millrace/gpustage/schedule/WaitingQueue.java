package dev.millrace.gpustage.schedule;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Generations that wait, and which of them is next: by priority, preempted before fresh, the caller
 * with the least service, then arrival.
 *
 * <p>Each operation is logarithmic in what waits, but for one question per step to those that are
 * not ready. The service of a caller only grows, so a line that is ranked by an old count stands
 * too early, never too late: it is enough to look again at the line that comes first.
 */
final class WaitingQueue<G extends Generation> {
    private final Set<G> all = new LinkedHashSet<>();
    private final Set<G> unready = new LinkedHashSet<>();
    private final Map<WaitingLine.Key, WaitingLine<G>> byKey = new HashMap<>();
    private final TreeSet<WaitingLine<G>> lines = new TreeSet<>(WaitingLine.order());
    private int preempted;

    int size() {
        return all.size();
    }

    /** Those of them that ran before. */
    int preemptedCount() {
        return preempted;
    }

    /** In the order in which they began to wait. */
    Iterable<G> all() {
        return all;
    }

    void add(G generation) {
        all.add(generation);
        preempted += generation.preemptions() > 0 ? 1 : 0;
        enqueue(generation);
    }

    void remove(G generation) {
        if (!all.remove(generation)) {
            return;
        }
        preempted -= generation.preemptions() > 0 ? 1 : 0;
        if (!unready.remove(generation)) {
            dequeue(generation);
        }
    }

    /** Lets those back into their lines that have become ready. */
    void recall() {
        for (Iterator<G> held = unready.iterator(); held.hasNext(); ) {
            G generation = held.next();
            if (generation.ready()) {
                held.remove();
                enqueue(generation);
            }
        }
    }

    /** The next that is ready; it stays. Null where none is. */
    @Nullable G next() {
        while (!lines.isEmpty()) {
            WaitingLine<G> first = lines.first();
            if (first.isStale()) {
                lines.remove(first);
                first.rank();
                lines.add(first);
            } else if (first.head().ready()) {
                return first.head();
            } else {
                G head = first.head();
                dequeue(head);
                unready.add(head);
            }
        }
        return null;
    }

    private void enqueue(G generation) {
        WaitingLine.Key key = WaitingLine.Key.of(generation);
        WaitingLine<G> line = byKey.get(key);
        if (line == null) {
            line = new WaitingLine<>(key, generation.caller);
            byKey.put(key, line);
        } else {
            lines.remove(line);
        }
        line.add(generation);
        lines.add(line);
    }

    private void dequeue(G generation) {
        WaitingLine<G> line = byKey.get(WaitingLine.Key.of(generation));
        if (line == null) {
            throw new IllegalStateException("a generation waits in no line");
        }
        lines.remove(line);
        line.remove(generation);
        if (line.isEmpty()) {
            byKey.remove(line.key);
        } else {
            lines.add(line);
        }
    }
}
