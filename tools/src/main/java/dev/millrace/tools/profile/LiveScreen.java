package dev.millrace.tools.profile;

import dev.millrace.tools.load.Percentiles;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import org.HdrHistogram.Histogram;

/** What stages did since the screen was last drawn. Owned by the stream's thread. */
final class LiveScreen {
    private final LiveTable table;
    private final List<Histogram> stages = new ArrayList<>();
    private final Histogram total = Percentiles.histogram();
    private final Map<String, LaneProfile> lanes = new TreeMap<>();
    private long refused;
    private double pauseMillis;
    private String load = "";
    private long drawnNanos = System.nanoTime();

    /** When the newest event ended, and when that was as the screen was last drawn. */
    private Instant newest = Instant.MIN;

    private Instant newestDrawn = Instant.MIN;

    /**
     * @param clear whether each drawing takes the place of the one before
     */
    LiveScreen(PrintWriter out, boolean clear) {
        table = new LiveTable(out, clear);
        FlightProfile.STAGES.forEach(_ -> stages.add(Percentiles.histogram()));
    }

    void request(RecordedEvent event) {
        RequestSample request = FlightProfile.request(event);
        newest = event.getEndTime().isAfter(newest) ? event.getEndTime() : newest;
        for (int i = 0; i < stages.size(); i++) {
            stages.get(i).recordValue(Math.max(0, request.stageNanos().get(i)));
        }
        total.recordValue(Math.max(0, request.totalNanos()));
        if (!request.status().equals("ok")) {
            refused++;
        }
    }

    void step(RecordedEvent event) {
        String lane = FlightProfile.lane(event);
        lanes.computeIfAbsent(lane, LaneProfile::new)
                .see(
                        new StepSample(
                                lane,
                                0,
                                event.getLong("planNanos") + event.getDuration().toNanos(),
                                event.getInt("entries"),
                                event.getInt("tokens")));
    }

    void pause(RecordedEvent event) {
        pauseMillis += event.getDuration().toNanos() / 1e6;
    }

    void load(RecordedEvent event) {
        load =
                ", CPU %.0f%% of the machine, %.0f%% with all others"
                        .formatted(
                                100 * (event.getFloat("jvmUser") + event.getFloat("jvmSystem")),
                                100 * event.getFloat("machineTotal"));
    }

    /** Draws and begins anew, where the time for it has come: a stream flushes more often. */
    void draw() {
        long now = System.nanoTime();
        if (now - drawnNanos < 0.9 * LiveCommand.interval().toNanos()) {
            return;
        }
        double seconds = seconds(now);
        drawnNanos = now;
        newestDrawn = newest;
        table.begin(
                "%.0f requests/s, %d not ok, collections %.1f ms%s"
                        .formatted(total.getTotalCount() / seconds, refused, pauseMillis, load),
                "p50",
                "p99",
                "max");
        double all = Math.max(1, total.getMean());
        for (int i = 0; i < stages.size(); i++) {
            line(FlightProfile.STAGES.get(i), stages.get(i), stages.get(i).getMean() / all);
        }
        line("total", total, 0);
        lanes.values().forEach(lane -> table.line(lane.line()));
        table.end();
        stages.forEach(Histogram::reset);
        total.reset();
        lanes.clear();
        refused = 0;
        pauseMillis = 0;
    }

    /** Events come in portions: what they say themselves is the time that they are of. */
    private double seconds(long now) {
        return newestDrawn.equals(Instant.MIN) || newest.equals(newestDrawn)
                ? (now - drawnNanos) / 1e9
                : Duration.between(newestDrawn, newest).toNanos() / 1e9;
    }

    private void line(String name, Histogram nanos, double share) {
        table.stage(
                name,
                nanos.getValueAtPercentile(50) / 1e6,
                nanos.getValueAtPercentile(99) / 1e6,
                nanos.getMaxValue() / 1e6,
                share);
    }
}
