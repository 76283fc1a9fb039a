package dev.millrace.tools.bench.http;

import dev.millrace.tools.load.Spread;
import dev.millrace.tools.load.StageTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one load gave. Times are in milliseconds; those of an open loop count from when a request
 * was due.
 *
 * @param offeredPerSecond 0 for a closed loop
 * @param seconds of the schedule
 * @param answered with 200
 * @param answeredPerSecond within the schedule
 * @param failures by HTTP's status, or {@code no answer}
 * @param problem the first failure's words
 * @param parts of streams, such as tokens
 * @param firstPart from when a stream was due
 * @param betweenParts of one stream
 * @param lateness from when a request was due to when it was sent
 * @param stages by the server's own clock; empty where it has none
 * @param curve latency at rising percentiles
 * @param holds whether all goals are met; true where there are none
 */
record RunResult(
        double offeredPerSecond,
        double seconds,
        long answered,
        double answeredPerSecond,
        Map<String, Long> failures,
        String problem,
        long parts,
        Spread latency,
        Spread firstPart,
        Spread betweenParts,
        Spread lateness,
        Map<String, StageTimes.Stage> stages,
        List<Point> curve,
        boolean holds) {
    private static final int POINTS_PER_HALVING = 5;

    /** One point of a curve. */
    record Point(double percentile, double millis) {}

    static RunResult of(
            double offeredPerSecond,
            double seconds,
            Tally tally,
            Map<String, StageTimes.Stage> stages) {
        return new RunResult(
                offeredPerSecond,
                seconds,
                tally.latency().getTotalCount(),
                tally.inTime() / seconds,
                tally.statuses(),
                tally.problem(),
                tally.parts(),
                Spread.of(tally.latency()),
                Spread.of(tally.firstPart()),
                Spread.of(tally.betweenParts()),
                Spread.of(tally.lateness()),
                stages,
                curve(tally.latency()),
                true);
    }

    private static List<Point> curve(Histogram nanos) {
        List<Point> points = new ArrayList<>();
        nanos.percentiles(POINTS_PER_HALVING)
                .forEach(value ->
                        points.add(
                                new Point(
                                        value.getPercentileLevelIteratedTo(),
                                        value.getValueIteratedTo() / 1e6)));
        return points;
    }

    RunResult judged(boolean good) {
        return new RunResult(
                offeredPerSecond,
                seconds,
                answered,
                answeredPerSecond,
                failures,
                problem,
                parts,
                latency,
                firstPart,
                betweenParts,
                lateness,
                stages,
                curve,
                good);
    }

    /** Requests without a 200. */
    long failed() {
        return failures.values().stream().mapToLong(Long::longValue).sum();
    }
}
