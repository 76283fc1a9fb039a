package dev.millrace.ringbuffer;

import com.lmax.disruptor.EventHandler;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SystemNanoClock;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Requests a second through both rings with stages that do nothing: what the pipeline itself costs.
 * Its twin is {@link DoorToReplyQueueThroughputBenchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class DoorToReplyThroughputBenchmark {
    @Param({"COMPACT", "PIPELINED"})
    public ThreadsConfig.Plan plan;

    @Param({"BLOCKING", "YIELDING"})
    public Waiting waiting;

    private Rings rings;
    private Pipeline pipeline;

    @Setup(Level.Trial)
    public void start() {
        rings = new Rings(new RingConfig(1024, 1024, 2, 4096, 4096, 256, 1024), 1);
        EventHandler<RequestSlot> nothing = (_, _, _) -> {};
        EventHandler<ReplySlot> nothingBack = (_, _, _) -> {};
        InFlight inFlight = rings.inFlight();
        var handlers =
                new StageHandlers(
                        nothing,
                        (slot, _, _) -> slot.lane = 0,
                        nothing,
                        nothing,
                        nothing,
                        nothingBack,
                        nothingBack,
                        (slot, _, _) -> inFlight.release(slot.context()));
        pipeline =
                new Pipeline(
                        rings,
                        handlers,
                        new ThreadPlan(plan, waiting, false, "benchmark"),
                        SystemNanoClock.INSTANCE);
        pipeline.start();
        pipeline.addLane(new EmptyLane(rings.replyPublisher()), TurnJournal.NONE);
    }

    @TearDown(Level.Trial)
    public void stop() {
        pipeline.close();
        rings.close();
    }

    /** One request; waits for a free context as a door's client would retry. */
    @Benchmark
    @SuppressWarnings("ThreadPriorityCheck") // The consumers may need this CPU.
    public void request() {
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = rings.inFlight().claim();
        while (context == null) {
            Thread.yield();
            context = rings.inFlight().claim();
        }
        long sequence = publisher.tryClaim();
        while (sequence == RequestPublisher.FULL) {
            Thread.yield();
            sequence = publisher.tryClaim();
        }
        context.reset(publisher.nextRequestId(), Route.OPENAI_COMPLETIONS);
        context.stamps.begin(0);
        publisher.slot(sequence).reset(RequestSlot.Kind.REQUEST, context);
        publisher.publish(sequence);
    }

    /** Answers at once. */
    private static final class EmptyLane implements Lane {
        private final ReplyPublisher replies;

        EmptyLane(ReplyPublisher replies) {
            this.replies = replies;
        }

        @Override
        public int index() {
            return 0;
        }

        @Override
        public String name() {
            return "lane-empty";
        }

        @Override
        public void run(LaneFeed feed, TurnJournal journal) {
            while (!feed.stopping()) {
                if (feed.poll(this::answer) == 0) {
                    feed.idle(Long.MAX_VALUE);
                }
            }
        }

        private boolean answer(RequestSlot slot) {
            long sequence = replies.open(ReplySlot.Kind.TOKENS, slot.context(), 64);
            replies.slot(sequence).last = true;
            replies.publish(sequence);
            return true;
        }

        @Override
        public void failAll(Throwable cause) {}

        @Override
        public void close() {}

        @Override
        public int load() {
            return 0;
        }
    }
}
