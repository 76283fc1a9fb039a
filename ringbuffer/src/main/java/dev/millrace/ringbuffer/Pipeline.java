package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topology on one screen: who follows whom, and which thread runs it.
 *
 * <pre>
 *  pipelined   request ring: journal ‖ (decode ─▶ rate-limit) ─▶ batch ─▶ lanes
 *              reply ring:   reply-journal ─▶ reply ─▶ telemetry
 *  compact     request ring: [ journal, decode, rate-limit, batch, then refusals ] ─▶ lanes
 *              reply ring:   [ reply-journal, then reply, telemetry ]
 * </pre>
 *
 * Batch waits for journal, so nothing is executed, or refused, that is not on record; reply waits
 * for reply-journal, so no client holds an answer that is not. Lanes join and leave a running ring.
 */
public final class Pipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);

    private final Rings rings;
    private final ThreadPlan plan;
    private final NanoClock clock;
    private final StageFailures failures;
    private final StageThreads threads;
    private final Map<String, StageLoop<?>> loops = new LinkedHashMap<>();
    private final List<Thread> stageThreads = new ArrayList<>();
    private final Map<Integer, RunningLane> lanes = new ConcurrentHashMap<>();
    private final Sequence batched;
    private final AtomicBoolean closed = new AtomicBoolean();

    private record RunningLane(
            Lane lane, LaneFeed feed, Thread thread, List<Thread> partners, AtomicBoolean alive) {}

    public Pipeline(Rings rings, StageHandlers handlers, ThreadPlan plan, NanoClock clock) {
        this.rings = rings;
        this.plan = plan;
        this.clock = clock;
        this.failures = new StageFailures(rings.counters());
        this.threads = new StageThreads(plan);

        EventHandler<RequestSlot> journal = request(Stage.JOURNAL, handlers.journal());
        EventHandler<RequestSlot> decode = request(Stage.DECODE, handlers.decode());
        EventHandler<RequestSlot> rateLimit = request(Stage.RATE_LIMIT, handlers.rateLimit());
        EventHandler<RequestSlot> batch = request(Stage.BATCH, handlers.batch());
        EventHandler<RequestSlot> decisions =
                new DecisionStage(handlers.decisionJournal(), failures);
        // A pass of its own: a batch is on record when its last slot was decided.
        EventHandler<RequestSlot> refusals =
                new RefusalHandler(new RunningLanes(), rings.replyPublisher(), clock);
        EventHandler<ReplySlot> replyJournal = reply(Stage.REPLY_JOURNAL, handlers.replyJournal());
        EventHandler<ReplySlot> reply = reply(Stage.REPLY, handlers.reply());
        EventHandler<ReplySlot> telemetry = reply(Stage.TELEMETRY, handlers.telemetry());

        if (plan.compact()) {
            batched =
                    onRequests(
                            "front",
                            List.of(),
                            List.of(
                                    new ChainHandler<>(
                                            List.of(journal, decode, rateLimit, batch, decisions)),
                                    refusals));
            rings.replies.addGatingSequences(
                    onReplies(
                            "back",
                            List.of(),
                            List.of(replyJournal, new ChainHandler<>(List.of(reply, telemetry)))));
        } else {
            Sequence journalled = onRequests("journal", List.of(), List.of(journal));
            Sequence decoded = onRequests("decode", List.of(), List.of(decode));
            Sequence limited = onRequests("rate-limit", List.of(decoded), List.of(rateLimit));
            batched =
                    onRequests(
                            "batch",
                            List.of(journalled, limited),
                            List.of(new ChainHandler<>(List.of(batch, decisions)), refusals));
            Sequence recorded = onReplies("reply-journal", List.of(), List.of(replyJournal));
            Sequence replied = onReplies("reply", List.of(recorded), List.of(reply));
            rings.replies.addGatingSequences(
                    onReplies("telemetry", List.of(replied), List.of(telemetry)));
        }
        rings.requests.addGatingSequences(batched);
    }

    private EventHandler<RequestSlot> request(Stage stage, EventHandler<RequestSlot> handler) {
        return new RequestStage(stage, handler, failures, clock);
    }

    private EventHandler<ReplySlot> reply(Stage stage, EventHandler<ReplySlot> handler) {
        return new ReplyStage(stage, handler, failures, clock);
    }

    private Sequence onRequests(
            String thread, List<Sequence> after, List<EventHandler<RequestSlot>> passes) {
        var loop =
                new StageLoop<>(rings.requests, rings.requestSignal, after, passes, plan.waiting());
        loops.put(thread, loop);
        return loop.position();
    }

    private Sequence onReplies(
            String thread, List<Sequence> after, List<EventHandler<ReplySlot>> passes) {
        var loop = new StageLoop<>(rings.replies, rings.replySignal, after, passes, plan.waiting());
        loops.put(thread, loop);
        return loop.position();
    }

    /** Starts the stage threads. Lanes may be added before or after. */
    public void start() {
        LOG.info(
                "threads: plan {}, waits {}, pinning {} ({})",
                plan.plan().name().toLowerCase(Locale.ROOT),
                plan.waiting().name().toLowerCase(Locale.ROOT),
                plan.pinned() ? "on" : "off",
                plan.why());
        loops.forEach((name, loop) -> stageThreads.add(threads.start(name, loop)));
    }

    /**
     * A lane joins: it sees every slot claimed from here on. Only then may its model enter the
     * catalog; a request for it from a slot claimed before is refused.
     *
     * @param journal where the lane puts its turns on record; closed behind it
     */
    public void addLane(Lane lane, TurnJournal journal) {
        if (lanes.containsKey(lane.index())) {
            throw new IllegalStateException("lane " + lane.index() + " runs already");
        }
        Waiting waiting = lane.idles() ? Waiting.BLOCKING : plan.waiting();
        var partners = new Partners(lane.partnerCount(), waiting);
        var feed =
                new LaneFeed(rings.requests, batched, new Waiter(waiting), lane.index(), partners);
        feed.join();
        rings.requestSignal.register(feed.waiter());
        var alive = new AtomicBoolean(true);
        Runnable body = () -> runLane(lane, feed, journal, alive);
        Thread thread =
                lane.idles()
                        ? threads.startUnpinned(lane.name(), body)
                        : threads.start(lane.name(), body);
        lanes.put(lane.index(), new RunningLane(lane, feed, thread, start(lane, partners), alive));
    }

    /** The lane's own thread is its first. */
    private List<Thread> start(Lane lane, Partners partners) {
        List<Thread> started = new ArrayList<>();
        for (Runnable body : partners.bodies()) {
            started.add(threads.start(lane.name() + "-" + (started.size() + 2), body));
        }
        return started;
    }

    private void runLane(Lane lane, LaneFeed feed, TurnJournal journal, AtomicBoolean alive) {
        try {
            lane.run(feed, journal);
            if (!feed.stopping()) {
                throw new IllegalStateException("the lane returned before it was asked to");
            }
        } catch (Throwable e) {
            alive.set(false);
            LOG.error("{} stopped; its requests are refused from here on", lane.name(), e);
            failAll(lane, e);
            refuseAll(lane, feed);
        } finally {
            lane.close();
            journal.close();
        }
    }

    private static void failAll(Lane lane, Throwable cause) {
        try {
            lane.failAll(cause);
        } catch (Throwable e) {
            LOG.error("{}: requests it had taken may stay unanswered", lane.name(), e);
        }
    }

    private final class RunningLanes implements RefusalHandler.LaneCheck {
        @Override
        public boolean sees(int lane, long sequence) {
            RunningLane running = lanes.get(lane);
            if (running == null || !running.feed().sees(sequence)) {
                return false;
            }
            running.feed().address(sequence);
            return true;
        }

        @Override
        public void tellAll(long sequence) {
            lanes.values().forEach(running -> running.feed().address(sequence));
        }
    }

    /**
     * A dead lane still passes slots, or the ring would stand still, and answers those meant for
     * it.
     */
    private void refuseAll(Lane lane, LaneFeed feed) {
        while (!feed.stopping()) {
            feed.poll(slot -> {
                RequestContext context = slot.context();
                context.refuse(RequestStatus.INTERNAL, lane.name() + " stopped on an error", null);
                rings.counters().increment(Counter.LANE_FAILURES);
                rings.replyPublisher().failure(context);
                return true;
            });
            feed.idle(Long.MAX_VALUE);
        }
    }

    /**
     * A lane leaves after it ended what it has and what was published for it. Take its model out of
     * the catalog first.
     */
    public void removeLane(int index) {
        // From here on batch refuses what is addressed to it.
        RunningLane running = lanes.remove(index);
        if (running != null) {
            running.feed().stop(rings.requests.getCursor());
            join(running.thread(), running.feed()::abandon);
            running.feed().partners().stop();
            running.partners().forEach(thread -> join(thread, () -> {}));
            rings.requests.removeGatingSequence(running.feed().position());
            rings.requestSignal.unregister(running.feed().waiter());
        }
    }

    private void join(Thread thread, Runnable otherwise) {
        if (!threads.join(thread)) {
            otherwise.run();
            rings.abandon();
        }
    }

    /** Threads that should run and do not, by name; empty when all is well. */
    public List<String> stopped() {
        var stopped = new ArrayList<String>();
        for (Thread thread : stageThreads) {
            if (!thread.isAlive()) {
                stopped.add(thread.getName());
            }
        }
        for (RunningLane running : lanes.values()) {
            if (!running.thread().isAlive() || !running.alive().get()) {
                stopped.add(running.lane().name());
            }
            running.partners().stream()
                    .filter(thread -> !thread.isAlive())
                    .forEach(thread -> stopped.add(thread.getName()));
        }
        return stopped;
    }

    /** Requests taken by lanes and not ended. */
    public int laneLoad() {
        return lanes.values().stream().mapToInt(running -> running.lane().load()).sum();
    }

    /**
     * Stops lanes, then stages, each after it handled what was published. Doors must have stopped
     * publishing. Does not free the rings' memory.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        List.copyOf(lanes.keySet()).forEach(this::removeLane);
        // In the order they were made: a stage stops after those before it, with nothing left to
        // handle.
        var names = loops.values().iterator();
        for (Thread thread : stageThreads) {
            names.next().stop();
            join(thread, () -> {});
        }
    }
}
