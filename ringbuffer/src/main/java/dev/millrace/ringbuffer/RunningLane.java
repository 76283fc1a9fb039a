package dev.millrace.ringbuffer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lane that joined, until it left: what happens where it throws, and its end. Runs on: the lane's
 * thread, or where the stages run ({@link #turn}).
 */
final class RunningLane implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(RunningLane.class);

    final Lane lane;
    final LaneFeed feed;
    private final TurnJournal journal;
    private final Rings rings;
    private final LaneFeed.Intake refusal = this::refuse;
    private final CountDownLatch left = new CountDownLatch(1);
    private volatile boolean alive = true;

    /** Its own and those of its partners, in the order they began; none where it is inline. */
    private final List<Thread> threads = new ArrayList<>();

    RunningLane(Lane lane, LaneFeed feed, TurnJournal journal, Rings rings) {
        this.lane = lane;
        this.feed = feed;
        this.journal = journal;
        this.rings = rings;
    }

    /** Control path: gives it threads. */
    void start(StageThreads stages) {
        threads.add(
                lane.idles()
                        ? stages.startUnpinned(lane.name(), this)
                        : stages.start(lane.name(), this));
        for (Runnable body : feed.partners().bodies()) {
            threads.add(stages.start(lane.name() + "-" + (threads.size() + 1), body));
        }
    }

    @Override
    public void run() {
        try {
            lane.run(feed, journal);
            if (!feed.stopping()) {
                throw new IllegalStateException("the lane returned before it was asked to");
            }
        } catch (Throwable e) {
            failed(e);
            while (!feed.stopping()) {
                feed.poll(refusal);
                feed.idle(Long.MAX_VALUE);
            }
        } finally {
            leave();
        }
    }

    /** One turn of an {@link InlineLane}; false where there was nothing to do. */
    boolean turn() {
        if (left.getCount() == 0) {
            return false;
        }
        boolean worked = false;
        try {
            worked = alive ? ((InlineLane) lane).turn(feed, journal) : feed.poll(refusal) > 0;
        } catch (Throwable e) {
            failed(e);
        }
        if (feed.stopping()) {
            leave();
        }
        return worked;
    }

    /** Whether a turn would find something. Any thread. */
    boolean ready() {
        return feed.ready() && left.getCount() > 0;
    }

    private void failed(Throwable cause) {
        alive = false;
        LOG.error("{} stopped; its requests are refused from here on", lane.name(), cause);
        try {
            lane.failAll(cause);
        } catch (Throwable e) {
            LOG.error("{}: requests it had taken may stay unanswered", lane.name(), e);
        }
    }

    /**
     * A dead lane still passes slots, or the ring would stand still, and answers those meant for
     * it.
     */
    private boolean refuse(RequestSlot slot) {
        RequestContext context = slot.context();
        context.refuse(RequestStatus.INTERNAL, lane.name() + " stopped on an error", null);
        rings.counters().increment(Counter.LANE_FAILURES);
        rings.replyPublisher().failure(context);
        return true;
    }

    private void leave() {
        lane.close();
        journal.close();
        left.countDown();
    }

    /** Control path: whether it left in time, having been asked to; its threads are over then. */
    boolean awaitLeft(StageThreads stages) {
        if (threads.isEmpty()) {
            return stages.await(left);
        }
        if (!stages.join(threads.getFirst())) {
            feed.abandon();
            return false;
        }
        feed.partners().stop();
        boolean all = true;
        for (Thread partner : threads.subList(1, threads.size())) {
            all &= stages.join(partner);
        }
        return all;
    }

    /** Adds the names of its threads that should run and do not. */
    void addStopped(List<String> stopped) {
        if (!alive || (!threads.isEmpty() && !threads.getFirst().isAlive())) {
            stopped.add(lane.name());
        }
        threads.stream()
                .skip(1)
                .filter(thread -> !thread.isAlive())
                .forEach(thread -> stopped.add(thread.getName()));
    }
}
