package dev.millrace.gpustage.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * Texts that wait to be embedded, sorted by length, so that a batch needs little padding.
 *
 * <p>Runs on the lane's thread, which passes the time. A batch grows around one text, its anchor,
 * by the texts next to it in length, as long as all of them padded to the longest stay within the
 * token budget and nobody is padded to more than twice its length: a token of padding costs what
 * any token costs.
 *
 * <p>Anchors are in turn the text that is due first and the shortest. So a text waits for at most
 * twice the batches that it would wait for in order, whatever its length; and texts that fit into
 * one batch wait for one batch of longer ones, however many of those there are.
 */
public final class LengthQueue<R extends LengthQueue.Text> implements BatchSource<R> {
    /** What waits: one row. */
    public interface Text extends BatchQueue.Item {
        /** Its length; at least 1. */
        int tokens();
    }

    private final int maxRows;
    private final int maxTokens;
    private final List<Integer> preferredRows;

    /** Ascending by length, then in order of arrival. */
    private final List<R> texts = new ArrayList<>();

    private long waitingTokens;
    private boolean shortestNext;

    /**
     * @param maxRows most texts of a batch
     * @param maxTokens most tokens of a batch with padding; a longer text is executed alone
     * @param preferredRows counts of waiting texts at which a batch does not wait
     */
    public LengthQueue(int maxRows, int maxTokens, List<Integer> preferredRows) {
        this.maxRows = maxRows;
        this.maxTokens = maxTokens;
        this.preferredRows = List.copyOf(preferredRows);
    }

    @Override
    public void add(R text) {
        int low = 0;
        int high = texts.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (texts.get(middle).tokens() <= text.tokens()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        texts.add(low, text);
        waitingTokens += text.tokens();
    }

    @Override
    public int size() {
        return texts.size();
    }

    /**
     * Takes out the next batch: at once where enough waits to fill one, else when a text is due.
     *
     * @param into receives the texts, ascending by length; empty where no batch is ready
     */
    @Override
    public void take(long nowNanos, boolean flush, List<R> into) {
        into.clear();
        if (texts.isEmpty()) {
            return;
        }
        if (flush || enough() || nanosUntilDue(nowNanos) == 0) {
            takeAround(shortestNext ? 0 : firstDue(), into);
            // Looking in vain changes nothing: what follows depends on batches alone.
            shortestNext = !shortestNext && !texts.isEmpty();
        }
    }

    private boolean enough() {
        return texts.size() >= maxRows
                || waitingTokens >= maxTokens
                || preferredRows.contains(texts.size());
    }

    private int firstDue() {
        int first = 0;
        for (int i = 1; i < texts.size(); i++) {
            if (texts.get(i).dueNanos() - texts.get(first).dueNanos() < 0) {
                first = i;
            }
        }
        return first;
    }

    private void takeAround(int anchor, List<R> into) {
        int low = anchor;
        int high = anchor;
        while (true) {
            boolean shorter = low > 0 && fits(low - 1, high);
            boolean longer = high + 1 < texts.size() && fits(low, high + 1);
            if (shorter && longer) {
                int length = texts.get(anchor).tokens();
                shorter =
                        length - texts.get(low - 1).tokens()
                                <= texts.get(high + 1).tokens() - length;
            }
            if (shorter) {
                low--;
            } else if (longer) {
                high++;
            } else {
                break;
            }
        }
        List<R> batch = texts.subList(low, high + 1);
        for (R text : batch) {
            waitingTokens -= text.tokens();
        }
        into.addAll(batch);
        batch.clear();
    }

    private boolean fits(int low, int high) {
        int rows = high - low + 1;
        int width = texts.get(high).tokens();
        return rows <= maxRows
                && (long) rows * width <= maxTokens
                && width <= 2L * texts.get(low).tokens();
    }

    @Override
    public long nanosUntilDue(long nowNanos) {
        return texts.isEmpty()
                ? Long.MAX_VALUE
                : Math.max(0, texts.get(firstDue()).dueNanos() - nowNanos);
    }

    @Override
    public List<R> drain() {
        List<R> all = new ArrayList<>(texts);
        texts.clear();
        waitingTokens = 0;
        return all;
    }
}
