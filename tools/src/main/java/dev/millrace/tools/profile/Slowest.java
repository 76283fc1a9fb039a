package dev.millrace.tools.profile;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The slowest of any number of requests. One thread. */
final class Slowest {
    private static final Comparator<RequestSample> BY_TOTAL =
            Comparator.comparingLong(RequestSample::totalNanos);

    private final int most;
    private final PriorityQueue<RequestSample> kept = new PriorityQueue<>(BY_TOTAL);

    /**
     * @param most how many are kept
     */
    Slowest(int most) {
        this.most = most;
    }

    void see(RequestSample request) {
        kept.add(request);
        if (kept.size() > most) {
            kept.remove();
        }
    }

    /** The slowest first. */
    List<RequestSample> all() {
        return kept.stream().sorted(BY_TOTAL.reversed()).toList();
    }
}
