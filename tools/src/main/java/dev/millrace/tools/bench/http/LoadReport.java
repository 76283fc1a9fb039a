package dev.millrace.tools.bench.http;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * What {@code bench http} with a load found.
 *
 * @param what was asked of it
 * @param arrivals how the requests were spaced
 * @param slo empty where there is none
 * @param highestPerSecond the highest rate that held the goals; 0 where none did, or none were set
 */
record LoadReport(
        String server,
        String what,
        int connections,
        String arrivals,
        double warmUpSeconds,
        double seconds,
        String slo,
        double highestPerSecond,
        List<RunResult> runs) {

    /** Whether the goals were met: by the one rate, or by any of a search. */
    boolean good() {
        return slo.isEmpty() || runs.stream().anyMatch(RunResult::holds);
    }

    void print(PrintWriter out) {
        out.println(
                "%s at %s: %d connections, %s arrivals, %.0f s after %.0f s of warm-up; ms"
                        .formatted(what, server, connections, arrivals, seconds, warmUpSeconds));
        out.println(
                "%10s %10s %8s %9s %9s %9s %9s %9s %9s"
                        .formatted(
                                "rate/s",
                                "answered",
                                "failed",
                                "p50",
                                "p90",
                                "p99",
                                "p99.9",
                                "max",
                                "late p99"));
        runs.forEach(run -> print(run, out));
        if (!slo.isEmpty()) {
            out.println(
                    highestPerSecond > 0
                            ? "highest rate that holds %s: %.0f/s".formatted(slo, highestPerSecond)
                            : "no rate holds " + slo);
        }
    }

    private static void print(RunResult run, PrintWriter out) {
        out.println(
                "%10s %10.0f %8d %9.3f %9.3f %9.3f %9.3f %9.3f %9.3f%s"
                        .formatted(
                                run.offeredPerSecond() == 0
                                        ? "closed"
                                        : String.format(
                                                Locale.ROOT, "%.0f", run.offeredPerSecond()),
                                run.answeredPerSecond(),
                                run.failed(),
                                run.latency().p50(),
                                run.latency().p90(),
                                run.latency().p99(),
                                run.latency().p999(),
                                run.latency().max(),
                                run.lateness().p99(),
                                run.holds() ? "" : "  misses the goals"));
        if (run.parts() > 0) {
            out.println(
                    ("    %.1f parts/s; first part p50 %.2f p99 %.2f; between parts p50 %.2f"
                                    + " p99 %.2f")
                            .formatted(
                                    run.parts() / run.seconds(),
                                    run.firstPart().p50(),
                                    run.firstPart().p99(),
                                    run.betweenParts().p50(),
                                    run.betweenParts().p99()));
        }
        if (run.failed() > 0) {
            out.println("    failed " + run.failures() + "; the first: " + run.problem());
        }
        if (!run.stages().isEmpty()) {
            out.print("    stages, mean (p99):");
            run.stages()
                    .forEach((stage, times) ->
                            out.print(
                                    " %s %.3f (%.3f)"
                                            .formatted(
                                                    stage, times.meanMillis(), times.p99Millis())));
            out.println();
        }
    }
}
