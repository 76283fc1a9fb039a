package dev.millrace.tools.bench.ring;

import java.io.PrintWriter;
import java.util.List;

/**
 * What {@code bench ring} found.
 *
 * @param bodyBytes of each request
 * @param inFlight requests at once
 * @param cpus that this process may use
 */
record RingReport(int bodyBytes, int inFlight, int cpus, List<RingResult> runs) {
    void print(PrintWriter out) {
        out.println(
                "bodies of %d bytes, a model that does nothing, %d requests in flight, %d CPUs"
                        .formatted(bodyBytes, inFlight, cpus));
        out.println(
                "%-10s %7s %12s %9s %9s %9s %9s"
                        .formatted("plan", "journal", "requests/s", "p50", "p99", "p99.9", "max"));
        for (RingResult run : runs) {
            out.println(
                    "%-10s %7s %12.0f %9.3f %9.3f %9.3f %9.3f  ms"
                            .formatted(
                                    run.plan(),
                                    run.journal() ? "on" : "off",
                                    run.requestsPerSecond(),
                                    run.latencyMillis().p50(),
                                    run.latencyMillis().p99(),
                                    run.latencyMillis().p999(),
                                    run.latencyMillis().max()));
            run.threads()
                    .forEach((name, cost) ->
                            out.println(
                                    "    %-14s %8.0f ns of CPU %10.2f bytes a request"
                                            .formatted(name, cost.cpuNanos(), cost.bytes())));
        }
    }
}
