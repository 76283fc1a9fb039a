package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;
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
 *  run-to-completion  as compact, and one thread at a time, a door's, runs both
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
    private final Map<String, StageLoop> loops = new LinkedHashMap<>();
    private final List<Thread> stageThreads = new ArrayList<>();
    private final Map<Integer, RunningLane> lanes = new ConcurrentHashMap<>();
    private final Sequence batched;
    private final @Nullable RunToCompletion together;
    private final AtomicBoolean closed = new AtomicBoolean();

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

        if (plan.fused()) {
            StageConsumer<RequestSlot> front =
                    onRequests(
                            List.of(),
                            List.of(
                                    new ChainHandler<>(
                                            List.of(journal, decode, rateLimit, batch, decisions)),
                                    refusals));
            StageConsumer<ReplySlot> back =
                    onReplies(
                            List.of(),
                            List.of(replyJournal, new ChainHandler<>(List.of(reply, telemetry))));
            batched = front.position();
            rings.replies.addGatingSequences(back.position());
            if (plan.runsToCompletion()) {
                together = new RunToCompletion(front, back);
                rings.replyPublisher().makeRoomBy(together::makeRoom);
            } else {
                together = null;
                thread("front", front);
                thread("back", back);
            }
        } else {
            together = null;
            Sequence journalled = thread("journal", onRequests(List.of(), List.of(journal)));
            Sequence decoded = thread("decode", onRequests(List.of(), List.of(decode)));
            Sequence limited =
                    thread("rate-limit", onRequests(List.of(decoded), List.of(rateLimit)));
            batched =
                    thread(
                            "batch",
                            onRequests(
                                    List.of(journalled, limited),
                                    List.of(
                                            new ChainHandler<>(List.of(batch, decisions)),
                                            refusals)));
            Sequence recorded =
                    thread("reply-journal", onReplies(List.of(), List.of(replyJournal)));
            Sequence replied = thread("reply", onReplies(List.of(recorded), List.of(reply)));
            rings.replies.addGatingSequences(
                    thread("telemetry", onReplies(List.of(replied), List.of(telemetry))));
        }
        rings.requests.addGatingSequences(batched);
    }

    private EventHandler<RequestSlot> request(Stage stage, EventHandler<RequestSlot> handler) {
        return new RequestStage(stage, handler, failures, clock);
    }

    private EventHandler<ReplySlot> reply(Stage stage, EventHandler<ReplySlot> handler) {
        return new ReplyStage(stage, handler, failures, clock);
    }

    private StageConsumer<RequestSlot> onRequests(
            List<Sequence> after, List<EventHandler<RequestSlot>> passes) {
        return new StageConsumer<>(rings.requests, rings.requestSignal, after, passes);
    }

    private StageConsumer<ReplySlot> onReplies(
            List<Sequence> after, List<EventHandler<ReplySlot>> passes) {
        return new StageConsumer<>(rings.replies, rings.replySignal, after, passes);
    }

    private Sequence thread(String name, StageConsumer<?> consumer) {
        loops.put(name, new StageLoop(consumer, plan.waiting()));
        return consumer.position();
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
        if (together != null) {
            together.start();
        }
    }

    /**
     * Under the plan {@code run-to-completion}: from here on the stages run as tasks of that
     * thread, which is a door's. Any other plan has threads for them, and nothing changes.
     */
    public Hosting runOn(Executor ioThread) {
        return together == null ? () -> {} : together.runOn(ioThread);
    }

    /** For the one door whose thread never waits for a selector. */
    public PollingHost pollingHost() {
        return together == null ? PollingHost.NONE : together;
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
        var running = new RunningLane(lane, feed, journal, rings);
        if (together != null && lane instanceof InlineLane) {
            together.add(running);
        } else {
            rings.requestSignal.register(feed.waiter());
            running.start(threads);
        }
        lanes.put(lane.index(), running);
    }

    private final class RunningLanes implements RefusalHandler.LaneCheck {
        @Override
        public boolean sees(int lane, long sequence) {
            RunningLane running = lanes.get(lane);
            if (running == null || !running.feed.sees(sequence)) {
                return false;
            }
            running.feed.address(sequence);
            return true;
        }

        @Override
        public void tellAll(long sequence) {
            lanes.values().forEach(running -> running.feed.address(sequence));
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
            var event = new LaneUnloadEvent();
            event.begin();
            running.feed.stop(rings.requests.getCursor());
            if (together != null) {
                together.wake();
            }
            if (!running.awaitLeft(threads)) {
                rings.abandon();
            }
            if (together != null) {
                together.remove(running);
            }
            rings.requests.removeGatingSequence(running.feed.position());
            rings.requestSignal.unregister(running.feed.waiter());
            event.lane = running.lane.name();
            event.commit();
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
        if (together != null) {
            together.addStopped(stopped);
        }
        lanes.values().forEach(running -> running.addStopped(stopped));
        return stopped;
    }

    /** Requests taken by lanes and not ended. */
    public int laneLoad() {
        return lanes.values().stream().mapToInt(running -> running.lane.load()).sum();
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
            if (!threads.join(thread)) {
                rings.abandon();
            }
        }
        if (together != null && !together.close(threads)) {
            rings.abandon();
        }
    }
}
