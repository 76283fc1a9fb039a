package dev.millrace.tools.replay;

import dev.millrace.gpustage.lane.ReplayableLane;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.LaneTurn;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A lane with a clock of its own, which stands where the server's monotonic clock stood: a turn
 * moves it by what the turn costs here, and idleness by what it waits.
 *
 * <p>Owned by the replaying thread. Costs are that thread's CPU time where the engine has one
 * thread, so that neighbours do not count, else time that passes.
 */
final class SimulatedLane {
    private static final long SHORT_WAIT_NANOS = 50_000;
    private static final long LONG_WAIT_NANOS = 1_000_000;

    /** How long a lane may hold requests at the end of a recording and execute none of them. */
    private static final long STUCK_NANOS = 60_000_000_000L;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What a lane is told of a request until it has noticed, or the request has ended. */
    private record Notice(LaneTurn.Event event, long requestId) {}

    private final ReplayableLane lane;
    private final LaneFeed feed;
    private final boolean cpuTime;
    private final Consumer<SimulatedLane> turned;
    private final Set<Notice> notices = new LinkedHashSet<>();
    private final Set<Long> open = new LinkedHashSet<>();
    private final LaneTurn turn = new LaneTurn();
    private long now = Long.MIN_VALUE;
    private long wait = SHORT_WAIT_NANOS;
    private long turns;
    private long executions;
    private boolean flush;

    /**
     * @param cpuTime whether the lane's work is all on the calling thread
     * @param turned called behind every turn, when the clock shows its end
     */
    SimulatedLane(
            ReplayableLane lane, LaneFeed feed, boolean cpuTime, Consumer<SimulatedLane> turned) {
        this.lane = lane;
        this.feed = feed;
        this.cpuTime = cpuTime && THREADS.isCurrentThreadCpuTimeSupported();
        this.turned = turned;
    }

    int index() {
        return lane.index();
    }

    /** The lane's clock. */
    long nowNanos() {
        return now;
    }

    /** Turns that executed something. */
    long executions() {
        return executions;
    }

    /** A request for this lane is in the ring. */
    void admitted(long requestId) {
        open.add(requestId);
        notices.add(new Notice(LaneTurn.Event.TAKEN, requestId));
    }

    /** From the next turn on the lane may notice this; of other lanes' requests it is not kept. */
    void notice(LaneTurn.Event event, long requestId) {
        if (open.contains(requestId)) {
            notices.add(new Notice(event, requestId));
        }
    }

    /** The request's last word was said. */
    void ended(long requestId) {
        if (open.remove(requestId)) {
            notices.removeIf(notice -> notice.requestId == requestId);
        }
    }

    /** Turns until the clock shows {@code nanos} or more. */
    void advance(long nanos) {
        while (now < nanos && !open.isEmpty()) {
            if (turn() == 0) {
                now = Math.min(nanos, now + wait);
                wait = Math.min(LONG_WAIT_NANOS, 2 * wait);
            }
        }
        now = Math.max(now, nanos);
    }

    /** Turns until nothing runs; forms of texts are ready when they are waited for. */
    void finish() {
        flush = true;
        long idle = 0;
        while (!open.isEmpty() && idle < STUCK_NANOS) {
            if (turn() > 0) {
                idle = 0;
                continue;
            }
            open.forEach(id -> notices.add(new Notice(LaneTurn.Event.FORM_READY, id)));
            now += LONG_WAIT_NANOS;
            idle += LONG_WAIT_NANOS;
        }
    }

    /**
     * One turn.
     *
     * @return how much was executed together
     */
    int turn() {
        turn.begin(lane.index(), turns++, now, flush);
        notices.forEach(notice -> turn.event(notice.event, notice.requestId));
        long began = clock();
        LaneTurn did = lane.replay(turn, feed);
        long cost = clock() - began;
        int executed = did.entryCount();
        for (int i = 0; i < did.eventCount(); i++) {
            notices.remove(new Notice(did.event(i), did.eventRequest(i)));
        }
        if (executed > 0) {
            now += cost;
            executions++;
            wait = SHORT_WAIT_NANOS;
        }
        turned.accept(this);
        return executed;
    }

    private long clock() {
        return cpuTime ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
