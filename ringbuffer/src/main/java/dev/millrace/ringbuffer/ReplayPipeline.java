package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import com.lmax.disruptor.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.NanoClock;

/**
 * The same handlers in the same order as in {@link Pipeline}, moved by hand: a replay says when a
 * request is handled and when a lane turns.
 *
 * <p>Runs on: the replaying thread, which also owns the lanes. Replies alone have a thread of their
 * own, since a turn may publish more of them than their ring holds, and so have lanes' partners.
 */
public final class ReplayPipeline implements AutoCloseable {
    private static final long DRAIN_POLL_NANOS = 20_000;
    private static final long JOIN_MILLIS = 10_000;

    private final Rings rings;
    private final EventHandler<RequestSlot> front;
    private final Sequence handled = new Sequence();
    private final Sequence answered;
    private final StageLoop back;
    private final Thread backThread;
    private final List<Partners> partners = new ArrayList<>();
    private final List<Thread> partnerThreads = new ArrayList<>();

    /**
     * @param handlers {@code journal} and {@code replyJournal} are not asked; {@code
     *     decisionJournal} sees what was decided, {@code reply} and then {@code telemetry} every
     *     reply
     */
    public ReplayPipeline(Rings rings, StageHandlers handlers, NanoClock clock) {
        this.rings = rings;
        var failures = new StageFailures(rings.counters());
        EventHandler<RequestSlot> nothing = (_, _, _) -> {};
        front =
                new ChainHandler<>(
                        List.of(
                                new RequestStage(Stage.JOURNAL, nothing, failures, clock),
                                new RequestStage(Stage.DECODE, handlers.decode(), failures, clock),
                                new RequestStage(
                                        Stage.RATE_LIMIT, handlers.rateLimit(), failures, clock),
                                new RequestStage(Stage.BATCH, handlers.batch(), failures, clock),
                                new DecisionStage(handlers.decisionJournal(), failures),
                                new RefusalHandler(
                                        (lane, _) -> lane >= 0, rings.replyPublisher(), clock)));
        rings.requests.addGatingSequences(handled);
        var replies =
                new StageConsumer<>(
                        rings.replies,
                        rings.replySignal,
                        List.of(),
                        List.of(
                                new ChainHandler<>(
                                        List.of(
                                                new ReplyStage(
                                                        Stage.REPLY,
                                                        handlers.reply(),
                                                        failures,
                                                        clock),
                                                new ReplyStage(
                                                        Stage.TELEMETRY,
                                                        handlers.telemetry(),
                                                        failures,
                                                        clock)))));
        answered = replies.position();
        rings.replies.addGatingSequences(answered);
        back = new StageLoop(replies, Waiting.BLOCKING);
        backThread = Thread.ofPlatform().name("replay-replies").start(back);
    }

    /** A lane's view of the requests; before the first is published. */
    public LaneFeed feed(Lane lane) {
        var beside = new Partners(lane.partnerCount(), Waiting.BLOCKING);
        partners.add(beside);
        for (Runnable body : beside.bodies()) {
            partnerThreads.add(Thread.ofPlatform().name(lane.name() + "-partner").start(body));
        }
        var feed =
                new LaneFeed(
                        rings.requests,
                        handled,
                        new Waiter(Waiting.BLOCKING),
                        lane.index(),
                        beside);
        feed.join();
        return feed;
    }

    /** Moves the request that was published next through decode, rate-limit and batch. */
    public void handleNext() {
        long sequence = handled.get() + 1;
        if (!rings.requests.isAvailable(sequence)) {
            throw new IllegalStateException("no request was published that is not handled");
        }
        try {
            front.onEvent(rings.requests.get(sequence), sequence, true);
        } catch (Exception e) {
            throw new IllegalStateException("a guarded handler threw", e);
        }
        handled.set(sequence);
    }

    /** Waits until every reply that was published is handled. */
    public void drain() {
        long published = rings.replies.getCursor();
        while (answered.get() < published) {
            if (!backThread.isAlive()) {
                throw new IllegalStateException("replay-replies stopped");
            }
            LockSupport.parkNanos(DRAIN_POLL_NANOS);
        }
    }

    /** Ends the thread; the rings and the lanes are the caller's. */
    @Override
    public void close() {
        partners.forEach(Partners::stop);
        back.stop();
        try {
            backThread.join(JOIN_MILLIS);
            for (Thread thread : partnerThreads) {
                thread.join(JOIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
