package dev.millrace.tools.bench.doors;

import java.io.PrintWriter;
import java.util.List;

/**
 * What {@code bench doors} found.
 *
 * @param bodyBytes of each request
 * @param requests of each door in each round
 * @param plan of the stages' threads
 * @param waiting of the stages
 * @param cpus that this process may use
 * @param doors HTTP first
 */
record DoorsReport(
        int bodyBytes,
        int requests,
        String plan,
        String waiting,
        int cpus,
        boolean journal,
        List<Door> doors) {

    /**
     * One door.
     *
     * @param p50Micros of each round
     * @param p99Micros of each round
     * @param ofHttp p50 over the HTTP door's in the same round
     */
    record Door(String name, List<Double> p50Micros, List<Double> p99Micros, List<Double> ofHttp) {}

    void print(PrintWriter out) {
        out.println(
                "bodies of %d bytes, a model that does nothing, one request at a time, %d rounds of"
                                .formatted(bodyBytes, doors.getFirst().p50Micros().size())
                        + " %d in turn, plan %s, stages wait %s, journal %s, %d CPUs;"
                                .formatted(requests, plan, waiting, journal ? "on" : "off", cpus));
        out.println("median of the rounds [lowest, highest]");
        out.println("%-10s %28s %28s %24s".formatted("door", "p50 us", "p99 us", "p50 of http's"));
        for (Door door : doors) {
            out.println(
                    "%-10s %28s %28s %24s"
                            .formatted(
                                    door.name(),
                                    spread(door.p50Micros(), "%.1f"),
                                    spread(door.p99Micros(), "%.1f"),
                                    spread(door.ofHttp(), "%.3f")));
        }
    }

    static String spread(List<Double> values, String format) {
        List<Double> sorted = values.stream().sorted().toList();
        return (format + " [" + format + ", " + format + "]")
                .formatted(sorted.get(sorted.size() / 2), sorted.getFirst(), sorted.getLast());
    }
}
