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
    private final URI server;
    private final LiveTable table;

    /**
     * @param clear whether each drawing takes the place of the one before
     */
    LiveMetrics(URI server, PrintWriter out, boolean clear) {
        this.server = server;
        table = new LiveTable(out, clear);
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
        double all = 0;
        long requests = 0;
        for (Stage stage : Stamps.PARTITION) {
            StageTimes.Stage seen = stages.get(stage.label());
            if (seen != null) {
                all += seen.meanMillis() * seen.count();
                requests = Math.max(requests, seen.count());
            }
        }
        table.begin("%.0f requests/s".formatted(requests / seconds), "mean", "p50", "p99");
        for (Stage stage : Stamps.PARTITION) {
            StageTimes.Stage seen = stages.get(stage.label());
            if (seen != null) {
                table.stage(
                        stage.label(),
                        seen.meanMillis(),
                        seen.p50Millis(),
                        seen.p99Millis(),
                        seen.meanMillis() * seen.count() / Math.max(all, 1e-9));
            }
        }
        table.end();
    }
}
