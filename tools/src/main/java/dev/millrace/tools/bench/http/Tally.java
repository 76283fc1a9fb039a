package dev.millrace.tools.bench.http;

import dev.millrace.tools.load.Percentiles;
import dev.millrace.tools.load.WireAnswers;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What became of one load's requests. Owned by the client's thread. */
final class Tally implements WireAnswers {
    private static final int OK = 200;

    private final Histogram latency = Percentiles.histogram();
    private final Histogram firstPart = Percentiles.histogram();
    private final Histogram betweenParts = Percentiles.histogram();
    private final Histogram lateness = Percentiles.histogram();
    private final Map<String, Long> statuses = new TreeMap<>();
    private long untilNanos;
    private long inTime;
    private long parts;
    private String problem = "";

    /** Forgets everything; answers up to that moment are counted into the rate. */
    void begin(long until) {
        latency.reset();
        firstPart.reset();
        betweenParts.reset();
        lateness.reset();
        statuses.clear();
        untilNanos = until;
        inTime = 0;
        parts = 0;
        problem = "";
    }

    @Override
    public void ended(int status, long dueNanos, long sentNanos, long endNanos, String said) {
        lateness.recordValue(Math.max(0, sentNanos - dueNanos));
        if (status == OK) {
            latency.recordValue(endNanos - dueNanos);
            if (endNanos - untilNanos <= 0) {
                inTime++;
            }
            return;
        }
        statuses.merge(status == 0 ? "no answer" : Integer.toString(status), 1L, Long::sum);
        if (problem.isEmpty()) {
            problem = status == 0 ? said : status + ": " + said;
        }
    }

    @Override
    public void part(long dueNanos, long lastNanos, long nowNanos) {
        parts++;
        if (lastNanos == 0) {
            firstPart.recordValue(nowNanos - dueNanos);
        } else {
            betweenParts.recordValue(nowNanos - lastNanos);
        }
    }

    /** Requests that never had an answer. */
    void unanswered(int count) {
        if (count > 0) {
            statuses.merge("no answer", (long) count, Long::sum);
            problem = problem.isEmpty() ? "no answer in time" : problem;
        }
    }

    Histogram latency() {
        return latency;
    }

    Histogram firstPart() {
        return firstPart;
    }

    Histogram betweenParts() {
        return betweenParts;
    }

    Histogram lateness() {
        return lateness;
    }

    /** How many had which failure. */
    Map<String, Long> statuses() {
        return Map.copyOf(statuses);
    }

    /** Whole answers that came before the load's end. */
    long inTime() {
        return inTime;
    }

    /** Parts of streams. */
    long parts() {
        return parts;
    }

    /** The first failure's words; empty where there was none. */
    String problem() {
        return problem;
    }
}
