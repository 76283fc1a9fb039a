package dev.millrace.tools.profile;

import dev.millrace.config.ConfigException;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import dev.millrace.tools.load.StageTimes;
import java.io.PrintWriter;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What stages of a server elsewhere did, from what its {@code /metrics} counted between two looks.
 * One thread.
 */
final class LiveMetrics {
    private static final String CLEAR = "\u001b[H\u001b[2J";
    private static final int BAR = 30;

    private final URI server;
    private final PrintWriter out;
    private final boolean clear;

    /**
     * @param clear whether each drawing takes the place of the one before
     */
    LiveMetrics(URI server, PrintWriter out, boolean clear) {
        this.server = server;
        this.out = out;
        this.clear = clear;
    }

    /**
     * Draws until interrupted, or so often.
     *
     * @param drawings 0 for no end
     */
    void run(int drawings) throws InterruptedException {
        StageTimes before = look();
        long beforeNanos = System.nanoTime();
        for (int drawn = 0; drawings == 0 || drawn < drawings; drawn++) {
            TimeUnit.NANOSECONDS.sleep(LiveCommand.interval().toNanos());
            StageTimes now = look();
            long nowNanos = System.nanoTime();
            draw(now.since(before), (nowNanos - beforeNanos) / 1e9);
            before = now;
            beforeNanos = nowNanos;
        }
    }

    private StageTimes look() throws InterruptedException {
        StageTimes seen = StageTimes.of(server);
        if (seen.isEmpty()) {
            throw new ConfigException(
                    "PID|URL", server.toString(), "a Millrace server that answers /metrics");
        }
        return seen;
    }

    private void draw(Map<String, StageTimes.Stage> stages, double seconds) {
        if (clear) {
            out.print(CLEAR);
        }
        double all = 0;
        long requests = 0;
        for (Stage stage : Stamps.PARTITION) {
            StageTimes.Stage seen = stages.get(stage.label());
            if (seen != null) {
                all += seen.meanMillis() * seen.count();
                requests = Math.max(requests, seen.count());
            }
        }
        out.println("%.0f requests/s".formatted(requests / seconds));
        out.println("%-14s %10s %10s %10s   ms".formatted("stage", "mean", "p50", "p99"));
        for (Stage stage : Stamps.PARTITION) {
            StageTimes.Stage seen = stages.get(stage.label());
            if (seen != null) {
                double share = seen.meanMillis() * seen.count() / Math.max(all, 1e-9);
                out.println(
                        "%-14s %10.3f %10.3f %10.3f   %s"
                                .formatted(
                                        stage.label(),
                                        seen.meanMillis(),
                                        seen.p50Millis(),
                                        seen.p99Millis(),
                                        "#".repeat(Math.clamp(Math.round(share * BAR), 0, BAR))));
            }
        }
        out.println();
        out.flush();
    }
}
