package dev.millrace.gpustage.schedule;

import java.util.Comparator;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Generations of one priority that wait behind one another in order of arrival: the fresh ones of
 * one caller, or the preempted ones of all.
 */
final class WaitingLine<G extends Generation> {
    /** Who stands in a line; the preempted have no caller of their own. */
    record Key(int priority, boolean fresh, long caller) {
        static Key of(Generation generation) {
            Order order = generation.order;
            return generation.preemptions() > 0
                    ? new Key(order.priority(), false, 0)
                    : new Key(order.priority(), true, order.caller());
        }
    }

    final Key key;
    private final @Nullable Caller caller;
    private final TreeMap<Long, G> byArrival = new TreeMap<>();
    private long ranked;

    WaitingLine(Key key, @Nullable Caller caller) {
        this.key = key;
        this.caller = caller;
        rank();
    }

    /** Lines in the order in which their heads are admitted; each has a head. */
    static <G extends Generation> Comparator<WaitingLine<G>> order() {
        return Comparator.<WaitingLine<G>>comparingInt(line -> line.key.priority())
                .thenComparing(line -> line.key.fresh())
                .thenComparingLong(line -> line.ranked)
                .thenComparingLong(line -> line.byArrival.firstKey());
    }

    G head() {
        return byArrival.firstEntry().getValue();
    }

    boolean isEmpty() {
        return byArrival.isEmpty();
    }

    void add(G generation) {
        byArrival.put(generation.arrival, generation);
    }

    void remove(G generation) {
        byArrival.remove(generation.arrival);
    }

    /** Whether its caller had service since it was ranked. */
    boolean isStale() {
        return ranked != service();
    }

    /** Takes over the caller's service; the line is in no sorted set meanwhile. */
    void rank() {
        ranked = service();
    }

    private long service() {
        return key.fresh() && caller != null ? caller.service : 0;
    }
}
