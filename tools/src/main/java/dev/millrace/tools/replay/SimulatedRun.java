package dev.millrace.tools.replay;

import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.StepRecord;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.tokenizer.TextModel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A recorded run under a policy of its own: requests come when they came, clients go away when they
 * went, and lanes decide for themselves what they compute together. Time is {@link
 * SimulatedLane}'s.
 *
 * <p>One thread, which owns the lanes and every handler but that of the replies.
 */
final class SimulatedRun implements AutoCloseable {
    /** Turns that execute nothing, in a row, until a full ring is an error. */
    private static final int PATIENCE = 1000;

    private final RecordedRun run;
    private final ReplayServer server;
    private final List<SimulatedLane> lanes = new ArrayList<>();
    private final ArrayDeque<RecordedRequest> published = new ArrayDeque<>();
    private final Map<Long, Timing> timings = new HashMap<>();
    private final Vectors vectors;

    /** What was answered since it was last looked at: written by replies, read behind a drain. */
    private final List<Reply> answered = new ArrayList<>();

    private @Nullable DecisionRecord decision;
    private volatile boolean over;

    private record Reply(RecordedRequest request, boolean last) {}

    /**
     * Loads the models.
     *
     * @param folders of the models, by name
     * @param vectors what is answered in numbers
     */
    SimulatedRun(RecordedRun run, ServerConfig config, Map<String, Path> folders, Vectors vectors) {
        this.run = run;
        this.vectors = vectors;
        server = new ReplayServer(config, folders, this::batched, this::decided, this::replied);
        boolean alone =
                config.threads().engineThreads() == 1
                        && server.engine().device() == TorchDevice.CPU;
        for (LoadedModel model : server.models()) {
            lanes.add(new SimulatedLane(model.lane(), server.feed(model), alone, this::turned));
        }
    }

    /** What executes. */
    EnvironmentRecord environment() {
        return server.engine().environment();
    }

    /** How a model spells its tokens; null where it has no text. */
    @Nullable TextModel text(String model) {
        return server.engine().texts().find(model);
    }

    /** The runs' requests, with what was answered to them here. */
    RecordedRun run() {
        return run;
    }

    /** When a request was answered here. */
    @Nullable Timing timing(long requestId) {
        return timings.get(requestId);
    }

    /** Turns in which something was executed. */
    long executions() {
        return lanes.stream().mapToLong(SimulatedLane::executions).sum();
    }

    /** Tokens that were sampled. */
    long tokens() {
        return server.rings().counters().get(Counter.GENERATED_TOKENS);
    }

    /** The next record of the run. */
    void next(JournalRecord record) {
        RecordedRequest request = run.requests().get(record.requestId());
        switch (record.type()) {
            case INGRESS -> {
                if (request != null && request.decided && request.bodyStored) {
                    publish(request, IngressRecord.of(record));
                }
            }
            case DECISION -> {
                if (request != null && request.bodyStored) {
                    decide(request, DecisionRecord.of(record), record.clockNanos());
                }
            }
            case STEP -> notice(StepRecord.of(record));
            case OUTPUT_EMBEDDING, OUTPUT_TENSOR -> vectors.recorded(record);
            default -> {}
        }
    }

    /** Nothing more comes: lanes go on until all is answered. */
    void finish() {
        lanes.forEach(SimulatedLane::finish);
    }

    /** Where the rings are full, a request waits at the door until lanes have made room. */
    private void publish(RecordedRequest request, IngressRecord ingress) {
        timings.put(request.requestId, new Timing(ingress.arrivalClockNanos()));
        int waited = 0;
        while (!server.publish(request.requestId, ingress)) {
            if (lanes.stream().mapToInt(SimulatedLane::turn).sum() == 0 && waited++ > PATIENCE) {
                throw new IllegalStateException("the rings are full of requests that cannot run");
            }
        }
        published.add(request);
    }

    private void decide(RecordedRequest request, DecisionRecord recorded, long clockNanos) {
        if (!Objects.equals(published.poll(), request)) {
            throw new IllegalStateException(
                    "decisions are not in the order of their requests in the journal");
        }
        advance(clockNanos);
        decision = recorded;
        server.handleNext();
        server.drain();
        answered(clockNanos);
    }

    private void advance(long clockNanos) {
        lanes.forEach(lane -> lane.advance(clockNanos));
    }

    private void batched(RequestSlot slot) {
        if (decision != null) {
            RecordedRepeat.decide(slot, decision);
        }
    }

    /** On the replaying thread, right behind batch. */
    private void decided(RequestSlot slot) {
        if (!slot.admitted()) {
            return;
        }
        for (SimulatedLane lane : lanes) {
            if (lane.index() == slot.lane) {
                lane.admitted(slot.requestId);
            }
        }
    }

    private void notice(StepRecord step) {
        for (int i = 0; i < step.eventCount(); i++) {
            LaneTurn.Event event = step.event(i);
            boolean outside =
                    event == LaneTurn.Event.CANCELLED
                            || event == LaneTurn.Event.FORM_READY
                            || event == LaneTurn.Event.FORM_REFUSED;
            if (outside) {
                long requestId = step.eventRequest(i);
                advance(step.nowNanos());
                lanes.forEach(lane -> lane.notice(event, requestId));
            }
        }
    }

    private void turned(SimulatedLane lane) {
        server.drain();
        answered(lane.nowNanos());
    }

    private void answered(long clockNanos) {
        for (Reply reply : answered) {
            RecordedRequest request = reply.request;
            Timing timing = timings.get(request.requestId);
            if (timing != null) {
                timing.answered(clockNanos, reply.last);
            }
            if (reply.last) {
                lanes.forEach(lane -> lane.ended(request.requestId));
                server.settlements().offer(request.caller, request.tokensBack);
            }
        }
        answered.clear();
    }

    /** On the thread of the replies. */
    private void replied(ReplySlot slot) {
        RecordedRequest request = run.requests().get(slot.requestId);
        if (request == null || over) {
            return;
        }
        request.replayed.add(slot);
        if (slot.kind == ReplySlot.Kind.EMBEDDING || slot.kind == ReplySlot.Kind.TENSOR) {
            vectors.replayed(slot);
        }
        if (slot.last) {
            request.tokensBack = Settlements.tokensBack(slot.context());
        }
        answered.add(new Reply(request, slot.last));
    }

    /** What has not ended is dropped. */
    @Override
    public void close() {
        over = true;
        server.close();
    }
}
