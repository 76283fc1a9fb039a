package dev.millrace.tools.bench.ring;

import dev.millrace.tools.load.Spread;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What one thread plan gave.
 *
 * @param requests answered in {@code seconds}
 * @param latencyMillis from a request's publication to its answer, with as many in flight as fit
 * @param threads by name
 */
record RingResult(
        String plan,
        boolean journal,
        long requests,
        double seconds,
        double requestsPerSecond,
        Spread latencyMillis,
        Map<String, PerRequest> threads) {

    /**
     * A thread's part in one request.
     *
     * @param bytes allocated
     */
    record PerRequest(double cpuNanos, double bytes) {}

    static RingResult of(
            String plan,
            boolean journal,
            long requests,
            double seconds,
            Histogram nanos,
            Map<String, ThreadCosts.Cost> costs) {
        Map<String, PerRequest> threads = new TreeMap<>();
        costs.forEach((name, cost) ->
                threads.put(
                        name,
                        new PerRequest(
                                (double) cost.cpuNanos() / requests,
                                (double) cost.allocatedBytes() / requests)));
        return new RingResult(
                plan, journal, requests, seconds, requests / seconds, Spread.of(nanos), threads);
    }
}
