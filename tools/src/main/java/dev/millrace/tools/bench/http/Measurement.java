package dev.millrace.tools.bench.http;

import dev.millrace.tools.load.Arrivals;
import dev.millrace.tools.load.OpenLoop;
import dev.millrace.tools.load.Schedule;
import dev.millrace.tools.load.SendClock;
import dev.millrace.tools.load.Speed;
import dev.millrace.tools.load.StageTimes;
import dev.millrace.tools.load.WireClient;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * Loads a server and says what became of it: first for as long as it takes to be warm, which is not
 * counted, then for as long as is measured.
 *
 * @param arrivals of that many requests a second
 */
record Measurement(
        URI server,
        int connections,
        Supplier<ByteBuffer> requests,
        DoubleFunction<Arrivals> arrivals,
        long warmUpNanos,
        long durationNanos,
        Slo slo)
        implements Rates.Measurement {
    /** How long answers may take behind the end of the schedule. */
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    /**
     * @param rate requests a second; 0 for as many as are answered
     */
    @Override
    public RunResult at(double rate) throws IOException, InterruptedException {
        var tally = new Tally();
        try (var client = new WireClient(server, connections, tally)) {
            if (warmUpNanos > 0) {
                run(client, tally, rate, warmUpNanos);
            }
            StageTimes before = StageTimes.of(server);
            run(client, tally, rate, durationNanos);
            tally.unanswered(client.unanswered());
            RunResult result =
                    RunResult.of(
                            rate, durationNanos / 1e9, tally, StageTimes.of(server).since(before));
            return result.judged(slo.holds(result));
        }
    }

    private void run(WireClient client, Tally tally, double rate, long nanos)
            throws InterruptedException {
        long end = System.nanoTime() + nanos;
        tally.begin(end);
        Schedule schedule =
                rate == 0
                        ? Schedule.closed(requests, SendClock.SYSTEM, end)
                        : Schedule.open(requests, arrivals.apply(rate), SendClock.SYSTEM, nanos);
        OpenLoop.run(
                schedule,
                shot -> shot.offsetNanos(),
                rate == 0 ? Speed.MAX : new Speed(1),
                client,
                client);
        client.awaitAnswers(System.nanoTime() + PATIENCE_NANOS);
    }
}
