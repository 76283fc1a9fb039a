package dev.millrace.tools.profile;

import dev.millrace.tools.load.Percentiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * Where the time of requests went. Filled in two looks at its source: requests, pauses and samples
 * in the first, steps in the second, by when it is known which requests were the slowest. One
 * thread.
 */
final class Profile {
    /** Requests whose lives are drawn. */
    static final int SLOWEST = 20;

    final String source;
    final List<String> stages;
    final List<Histogram> stageNanos;
    final Histogram totalNanos = Percentiles.histogram();
    final Histogram firstTokenNanos = Percentiles.histogram();
    final Map<String, Integer> statuses = new TreeMap<>();
    final Map<String, LaneProfile> lanes = new LinkedHashMap<>();
    final List<Pause> pauses = new ArrayList<>();
    final AppendProfile appends = new AppendProfile();

    /** By stage and status. */
    final Map<String, Integer> refusals = new TreeMap<>();

    final HotMethods methods = new HotMethods();
    private final Slowest slowest = new Slowest(SLOWEST);
    private List<SlowRequest> slow = List.of();
    private long firstNanos = Long.MAX_VALUE;
    private long lastNanos = Long.MIN_VALUE;

    /**
     * @param source what is read, for people
     * @param stages that a request's life is divided into; {@code queue} and {@code infer} are two
     */
    Profile(String source, List<String> stages) {
        this.source = source;
        this.stages = List.copyOf(stages);
        stageNanos = stages.stream().map(_ -> Percentiles.histogram()).toList();
    }

    void see(RequestSample request) {
        for (int i = 0; i < stageNanos.size(); i++) {
            stageNanos.get(i).recordValue(Math.max(0, request.stageNanos().get(i)));
        }
        totalNanos.recordValue(Math.max(0, request.totalNanos()));
        if (request.firstTokenNanos() > 0) {
            firstTokenNanos.recordValue(request.firstTokenNanos());
        }
        statuses.merge(request.status(), 1, Integer::sum);
        firstNanos = Math.min(firstNanos, request.beginNanos());
        lastNanos = Math.max(lastNanos, request.endNanos());
        slowest.see(request);
    }

    /** Ends the first look. */
    void requestsSeen() {
        int queue = stages.indexOf("queue");
        int infer = stages.indexOf("infer");
        int replyJournal = stages.indexOf("reply-journal");
        slow =
                slowest.all().stream()
                        .map(request -> new SlowRequest(request, queue, infer, replyJournal))
                        .toList();
        for (SlowRequest request : slow) {
            pauses.forEach(request::see);
        }
    }

    void see(StepSample step) {
        lane(step.lane()).see(step);
        for (SlowRequest request : slow) {
            if (request.request.model().equals(step.lane())) {
                request.see(step);
            }
        }
    }

    /** A time in which some thread put records on record, or waited for the disk. */
    void seeJournal(long beginNanos, long endNanos) {
        for (SlowRequest request : slow) {
            request.seeJournal(beginNanos, endNanos);
        }
    }

    LaneProfile lane(String name) {
        return lanes.computeIfAbsent(name, LaneProfile::new);
    }

    long requests() {
        return totalNanos.getTotalCount();
    }

    /** From the first arrival to the last end. */
    double seconds() {
        return requests() == 0 ? 0 : (lastNanos - firstNanos) / 1e9;
    }

    /** The slowest first. */
    List<SlowRequest> slowest() {
        return slow;
    }
}
