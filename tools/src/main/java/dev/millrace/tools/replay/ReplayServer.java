package dev.millrace.tools.replay;

import dev.millrace.config.RingConfig;
import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.journal.IngressRecord;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.ReplayPipeline;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.StageHandlers;
import dev.millrace.stages.batch.BatchHandler;
import dev.millrace.stages.decode.DecodeHandler;
import dev.millrace.stages.ratelimit.RateLimitHandler;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.tools.serve.Engine;
import dev.millrace.tools.serve.ServedModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.concurrent.SystemNanoClock;

/**
 * A server's rings, handlers and models without its doors and threads: whoever replays moves them.
 *
 * <p>One thread, which owns the lanes and every handler but that of the replies.
 */
final class ReplayServer implements AutoCloseable {
    /** The journal has an order where the rings had concurrency: twice the room is enough. */
    private static final int ROOM = 2;

    private static final int SHAPES = 4096;

    private final Rings rings;
    private final Engine engine;
    private final ReplayPipeline pipeline;
    private final ReplayRequests door;
    private final Settlements settlements;

    /**
     * Loads the models.
     *
     * @param folders of the models, by name
     * @param batched given every request that batch has seen, on the replaying thread
     * @param decided shown what was decided about it, on the same thread
     * @param replied shown every reply, on the thread of the replies
     */
    ReplayServer(
            ServerConfig config,
            Map<String, Path> folders,
            Consumer<RequestSlot> batched,
            Consumer<RequestSlot> decided,
            Consumer<ReplySlot> replied) {
        rings = new Rings(roomier(config.ring()), 1);
        settlements = new Settlements(ROOM * config.ring().inFlight());
        door = new ReplayRequests(rings);
        var output =
                new LaneOutput(rings.replyPublisher(), rings.counters(), SystemNanoClock.INSTANCE);
        try {
            engine = Engine.start(config, folders, output, 0);
        } catch (RuntimeException | Error e) {
            rings.close();
            throw e;
        }
        var models = new ServedModels();
        var batch = new BatchHandler(SHAPES);
        pipeline =
                new ReplayPipeline(
                        rings,
                        new StageHandlers(
                                (_, _, _) -> {},
                                new DecodeHandler(models, engine.texts(), rings.requestBuffers()),
                                new RateLimitHandler(config.rateLimit(), settlements),
                                (slot, sequence, endOfBatch) -> {
                                    batch.onEvent(slot, sequence, endOfBatch);
                                    batched.accept(slot);
                                },
                                (slot, _, _) -> decided.accept(slot),
                                (_, _, _) -> {},
                                (slot, _, _) -> replied.accept(slot),
                                (slot, _, _) -> release(slot)),
                        SystemNanoClock.INSTANCE);
        engine.models().forEach(model -> models.put(model.entry()));
    }

    private static RingConfig roomier(RingConfig ring) {
        return new RingConfig(
                ROOM * ring.slots(),
                ring.slotBytes(),
                ring.largeBuffers(),
                ring.largeBufferBytes(),
                ring.replySlots(),
                ring.replySlotBytes(),
                ROOM * ring.inFlight());
    }

    private void release(ReplySlot slot) {
        if (slot.last) {
            rings.inFlight().release(slot.context());
        }
    }

    /** What executes. */
    Engine engine() {
        return engine;
    }

    /** The models, by the numbers of their lanes. */
    List<LoadedModel> models() {
        return engine.models();
    }

    /** The lane's view of the ring; before the first request is published. */
    LaneFeed feed(LoadedModel model) {
        return pipeline.feed(model.lane());
    }

    /** Puts a request into the ring; false where the rings have no room for it. */
    boolean publish(long requestId, IngressRecord ingress) {
        return door.publish(requestId, ingress);
    }

    /** Moves the request that was published next through decode, rate-limit and batch. */
    void handleNext() {
        pipeline.handleNext();
    }

    /** Permits that come back to a caller. */
    Settlements settlements() {
        return settlements;
    }

    /** Waits until every reply that was published is handled. */
    void drain() {
        pipeline.drain();
    }

    Rings rings() {
        return rings;
    }

    /** What has not ended is dropped. */
    @Override
    public void close() {
        var end = new IllegalStateException("the recording ends here");
        engine.models().forEach(model -> model.lane().failAll(end));
        pipeline.drain();
        pipeline.close();
        engine.close();
        rings.close();
    }
}
