package dev.millrace.ringbuffer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.SystemNanoClock;

/** Both rings with recording handlers and scripted lanes: everything real but model and door. */
final class RunningPipeline implements AutoCloseable {
    static final int SLOTS = 16;
    static final int SLOT_BYTES = 256;
    static final int LARGE_BYTES = 1024;
    static final int IN_FLIGHT = 64;

    final Rings rings;
    final RecordingHandlers handlers;
    final Pipeline pipeline;
    private final Set<Thread> threadsBefore = new HashSet<>(Thread.getAllStackTraces().keySet());

    RunningPipeline(ThreadsConfig.Plan plan, Waiting waiting) {
        rings = new Rings(new RingConfig(SLOTS, SLOT_BYTES, 8, LARGE_BYTES, 32, 256, IN_FLIGHT), 1);
        handlers = new RecordingHandlers(rings);
        pipeline =
                new Pipeline(
                        rings,
                        handlers.stages(),
                        new ThreadPlan(plan, waiting, false, "test"),
                        SystemNanoClock.INSTANCE);
    }

    static RunningPipeline started(ThreadsConfig.Plan plan) {
        var running = new RunningPipeline(plan, Waiting.BLOCKING);
        running.pipeline.start();
        return running;
    }

    ScriptedLane lane(int index) {
        var lane = new ScriptedLane(index, rings, index);
        pipeline.addLane(lane, TurnJournal.NONE);
        return lane;
    }

    /** A small request for a lane; its id, or {@link RequestPublisher#FULL}. */
    long publish(int lane) {
        return publish(lane, 16, 16);
    }

    /**
     * @return the request's id; {@link RequestPublisher#FULL} where no context, buffer or slot is
     *     free
     */
    long publish(int lane, int bodyBytes, int decodedBytes) {
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = rings.inFlight().claim();
        if (context == null) {
            return RequestPublisher.FULL;
        }
        LargeBuffers.Lease lease = null;
        if (bodyBytes > SLOT_BYTES) {
            lease = rings.requestBuffers().claim(bodyBytes);
            if (lease == null) {
                rings.inFlight().release(context);
                return RequestPublisher.FULL;
            }
        }
        long sequence = publisher.tryClaim();
        if (sequence == RequestPublisher.FULL) {
            if (lease != null) {
                lease.release();
            }
            rings.inFlight().release(context);
            return RequestPublisher.FULL;
        }
        long requestId = publisher.nextRequestId();
        context.reset(requestId, Route.OPENAI_COMPLETIONS);
        long now = SystemNanoClock.INSTANCE.nanoTime();
        context.stamps.begin(now);
        context.stamps.done(Stage.DOOR, now);
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        if (lease != null) {
            slot.body.attach(lease, RequestPublisher.BODY_HOLDERS);
        }
        slot.body.buffer().putInt(0, lane);
        slot.body.buffer().putInt(4, decodedBytes);
        slot.body.length(bodyBytes);
        publisher.publish(sequence);
        return requestId;
    }

    RecordingHandlers.Outcome outcome(long requestId) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> handlers.outcomes.containsKey(requestId));
        return requireNonNull(handlers.outcomes.get(requestId));
    }

    void awaitAll(int requests) {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> handlers.outcomes.size() >= requests);
    }

    /** Nothing is left in flight, on loan, running, or wrong. */
    @Override
    public void close() {
        pipeline.close();
        assertThat(handlers.violations).isEmpty();
        assertThat(rings.inFlight().count()).as("contexts in flight").isZero();
        assertThat(rings.requestBuffers().inUse()).as("request buffers").isZero();
        assertThat(rings.replyBuffers().inUse()).as("reply buffers").isZero();
        assertThat(pipeline.laneLoad()).isZero();
        var threads = new HashSet<>(Thread.getAllStackTraces().keySet());
        threads.removeAll(threadsBefore);
        threads.removeIf(thread -> !named(thread));
        assertThat(threads).as("threads left").isEmpty();
        rings.close();
    }

    private static boolean named(Thread thread) {
        String name = thread.getName();
        return name.startsWith("lane-")
                || Set.of("front", "back", "stages", "journal", "decode", "batch").contains(name);
    }
}
