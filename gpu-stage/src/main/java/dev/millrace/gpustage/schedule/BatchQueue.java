package dev.millrace.gpustage.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests for a fixed-shape model that wait for company: joined by key, in order of arrival.
 *
 * <p>Runs on the lane's thread, which passes the time. A batch is ready when no further row fits,
 * when it has a preferred number of rows, or when its oldest request is due; with no delay
 * configured that is at once, so a batch is whatever arrived while the lane was busy.
 */
public final class BatchQueue<R extends BatchQueue.Item> implements BatchSource<R> {
    /** What waits. */
    public interface Item {
        /** Rows it adds to a batch; at least 1. */
        int rows();

        /** Items with the same key may be executed together. */
        int batchKey();

        /** When it must be executed, company or not. */
        long dueNanos();
    }

    private final int maxRows;
    private final List<Integer> preferredRows;
    private final Map<Integer, ArrayDeque<R>> groups = new LinkedHashMap<>();
    private int size;

    /**
     * @param maxRows most rows of a batch; a single item with more is executed alone
     * @param preferredRows row counts at which a batch does not wait
     */
    public BatchQueue(int maxRows, List<Integer> preferredRows) {
        this.maxRows = maxRows;
        this.preferredRows = List.copyOf(preferredRows);
    }

    @Override
    public void add(R item) {
        groups.computeIfAbsent(item.batchKey(), _ -> new ArrayDeque<>()).add(item);
        size++;
    }

    @Override
    public int size() {
        return size;
    }

    /**
     * Takes out the next batch.
     *
     * @param into receives the items, in order of arrival; empty where no batch is ready
     */
    @Override
    public void take(long nowNanos, boolean flush, List<R> into) {
        into.clear();
        Map.Entry<Integer, ArrayDeque<R>> oldest = null;
        int count = 0;
        for (Map.Entry<Integer, ArrayDeque<R>> group : groups.entrySet()) {
            int ready = ready(group.getValue(), nowNanos, flush);
            if (ready > 0 && (oldest == null || earlier(group.getValue(), oldest.getValue()))) {
                oldest = group;
                count = ready;
            }
        }
        if (oldest != null) {
            for (int i = 0; i < count; i++) {
                into.add(oldest.getValue().remove());
            }
            size -= count;
            if (oldest.getValue().isEmpty()) {
                groups.remove(oldest.getKey());
            }
        }
    }

    @Override
    public long nanosUntilDue(long nowNanos) {
        long least = Long.MAX_VALUE;
        for (ArrayDeque<R> group : groups.values()) {
            least = Math.min(least, Math.max(0, group.element().dueNanos() - nowNanos));
        }
        return least;
    }

    @Override
    public List<R> drain() {
        List<R> all = new ArrayList<>();
        groups.values().forEach(all::addAll);
        groups.clear();
        size = 0;
        return all;
    }

    private boolean earlier(ArrayDeque<R> one, ArrayDeque<R> other) {
        return one.element().dueNanos() - other.element().dueNanos() < 0;
    }

    /** How many items of the group to execute; 0 to wait. */
    private int ready(ArrayDeque<R> group, long nowNanos, boolean flush) {
        int rows = 0;
        int count = 0;
        int preferred = 0;
        boolean full = false;
        for (Iterator<R> items = group.iterator(); items.hasNext() && !full; ) {
            int next = items.next().rows();
            if (count > 0 && rows + next > maxRows) {
                full = true;
            } else {
                rows += next;
                count++;
                full = rows >= maxRows;
                preferred = preferredRows.contains(rows) ? count : preferred;
            }
        }
        boolean due = flush || group.element().dueNanos() - nowNanos <= 0;
        return full || due ? count : preferred;
    }
}
