package dev.millrace.gpustage.schedule;

/**
 * Cuts a step into parts of about the same cost, each of them neighbours in the plan's order.
 *
 * <p>Owned by the lane's thread. Where it cuts follows from the entries and the number of parts
 * alone, so that a replay cuts there too: what an entry is computed beside decides its last bits.
 */
public final class StepSplit {
    private final PromptCost cost;
    private final int[] ends;
    private int parts;

    /**
     * @param cost of a token, by its position
     * @param most parts of a step; at least 1
     */
    public StepSplit(PromptCost cost, int most) {
        this.cost = cost;
        this.ends = new int[most];
    }

    /**
     * Cuts the entries from {@code from} to before {@code to}.
     *
     * @return how many parts there are: no more than entries, and none is empty
     */
    public int cut(StepPlan<?> plan, int from, int to) {
        long left = 0;
        for (int i = from; i < to; i++) {
            left += cost(plan, i);
        }
        parts = 0;
        int at = from;
        while (at < to) {
            // Twice, so that halves stay whole: an entry is in, if more than half of it fits.
            long twice = 2 * left / (ends.length - parts);
            long taken = 0;
            boolean last = parts == ends.length - 1;
            do {
                taken += cost(plan, at++);
            } while (at < to && (last || 2 * taken + cost(plan, at) <= twice));
            left -= taken;
            ends[parts++] = at;
        }
        return parts;
    }

    private int cost(StepPlan<?> plan, int entry) {
        return cost.cost(plan.count(entry), plan.generation(entry).computedTokens());
    }

    /** Behind the last entry of that part; the next part begins there. */
    public int end(int part) {
        return ends[part];
    }
}
