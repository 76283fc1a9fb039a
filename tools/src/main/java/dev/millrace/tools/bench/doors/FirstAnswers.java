package dev.millrace.tools.bench.doors;

import dev.millrace.tools.bench.ring.ThreadCosts;
import dev.millrace.tools.load.SendClock;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code bench doors --idle} found: how long the first answer takes after nobody asked for
 * some time, and what the doors' threads used meanwhile.
 *
 * @param seconds of silence before each request
 * @param micros of the first answers, by door
 * @param corePercent of one core that each thread used in silence
 */
record FirstAnswers(
        double seconds, Map<String, List<Double>> micros, Map<String, Double> corePercent) {
    private static final Set<String> THREADS =
            Stream.concat(Stream.of("door aeron", "door I/O-1"), ThreadCosts.STAGES.stream())
                    .collect(Collectors.toUnmodifiableSet());

    /** Asks through each door in turn, once after each silence. */
    static FirstAnswers of(List<? extends Asker> askers, double seconds, int rounds)
            throws IOException, InterruptedException {
        Map<String, List<Double>> micros = new TreeMap<>();
        Map<String, Double> used = new TreeMap<>();
        double silentNanos = 0;
        for (int round = 0; round < rounds; round++) {
            for (Asker asker : askers) {
                ThreadCosts costs = ThreadCosts.of(THREADS);
                long begun = System.nanoTime();
                SendClock.SYSTEM.awaitUntil(begun + (long) (seconds * 1e9));
                silentNanos += System.nanoTime() - begun;
                costs.since()
                        .forEach((name, cost) ->
                                used.merge(name, (double) cost.cpuNanos(), Double::sum));
                long asked = System.nanoTime();
                asker.ask();
                double took = (System.nanoTime() - asked) / 1e3;
                micros.computeIfAbsent(asker.name(), name -> new ArrayList<>()).add(took);
            }
        }
        double all = silentNanos;
        used.replaceAll((name, nanos) -> 100 * nanos / all);
        return new FirstAnswers(seconds, micros, used);
    }

    void print(PrintWriter out) {
        out.println("the first answer after %.1f s of silence, us".formatted(seconds));
        micros.forEach((door, took) ->
                out.println("%-16s %28s".formatted(door, DoorsReport.spread(took, "%.0f"))));
        out.println(
                "CPU in silence, %% of a core, with a client connected at each door".formatted());
        corePercent.forEach((thread, percent) ->
                out.println("%-16s %28s".formatted(thread, "%.2f".formatted(percent))));
    }
}
