package dev.millrace.tools.replay;

import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.lane.ReplayableLane;
import dev.millrace.journal.DecisionRecord;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.IngressRecord;
import dev.millrace.journal.JournalRecord;
import dev.millrace.journal.StepRecord;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.LaneFeed;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.stages.ratelimit.Settlements;
import dev.millrace.stages.tokenizer.TextModel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Re-drives one recorded run: requests enter as they are met in the journal, are handled where
 * their decision is, and lanes turn where their steps are. Outputs go nowhere but into {@link
 * RecordedRequest#replayed}.
 *
 * <p>One thread, which owns the lanes and every handler but that of the replies.
 */
final class RunReplay implements AutoCloseable {
    private final RecordedRun run;
    private final TokenFault fault;
    private final ReplayServer server;
    private final EnvironmentRecord environment;
    private final Map<String, Driven> lanes = new HashMap<>();
    private final ArrayDeque<RecordedRequest> published = new ArrayDeque<>();

    /**
     * Ended requests that give tokens back, in the order in which their last words are on record.
     */
    private final ArrayDeque<RecordedRequest> givingBack = new ArrayDeque<>();

    private final LaneTurn turn = new LaneTurn();
    private long offered;
    private long steps;
    private long otherSteps;
    private @Nullable RecordedRequest deciding;
    private @Nullable DecisionRecord decision;
    private volatile boolean over;

    /** A lane with its view of the ring. */
    private record Driven(ReplayableLane lane, LaneFeed feed, @Nullable RecordedTokens tokens) {}

    /**
     * Loads the models. Lanes go on with the tokens on record, so that steps stay the same.
     *
     * @param config the recorded one
     * @param folders of the models that are replayed, by name
     * @param fault what is done to sampled tokens
     */
    RunReplay(RecordedRun run, ServerConfig config, Map<String, Path> folders, TokenFault fault) {
        this.run = run;
        this.fault = fault;
        server = new ReplayServer(config, folders, this::batched, this::decided, this::replied);
        environment = server.engine().environment();
        for (LoadedModel model : server.models()) {
            RecordedTokens tokens = tokens(model);
            if (tokens != null) {
                model.lane().witness(tokens);
            }
            lanes.put(model.entry().name(), new Driven(model.lane(), server.feed(model), tokens));
        }
    }

    private @Nullable RecordedTokens tokens(LoadedModel model) {
        TextModel text = server.engine().texts().find(model.entry().name());
        return text == null || model.entry().kind() != ModelKind.GENERATE
                ? null
                : new RecordedTokens(
                        run.requests(), text.tokenBytes(), model.entry().vocabularySize(), fault);
    }

    /** What executes the replay. */
    EnvironmentRecord environment() {
        return environment;
    }

    /** Lane turns that were repeated. */
    long steps() {
        return steps;
    }

    /** Turns in which a lane executed other entries than on record. */
    long otherSteps() {
        return otherSteps;
    }

    /** Tokens that were sampled. */
    long tokens() {
        return server.rings().counters().get(Counter.GENERATED_TOKENS);
    }

    /** Waits until all that was replayed so far is in {@link RecordedRequest#replayed}. */
    void settle() {
        server.drain();
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
                    decide(request, DecisionRecord.of(record));
                }
            }
            case STEP -> step(StepRecord.of(record));
            case OUTPUT_TOKENS, OUTPUT_EMBEDDING, OUTPUT_TENSOR, OUTPUT_FAILURE -> {
                if (record.last() && request != null) {
                    givingBack.add(request);
                }
            }
            case ENVIRONMENT, CANCEL, GAP -> {}
        }
    }

    private void publish(RecordedRequest request, IngressRecord ingress) {
        if (!server.publish(request.requestId, ingress)) {
            throw new IllegalStateException(
                    "more requests are in flight than the recorded rings could hold");
        }
        published.add(request);
    }

    private void decide(RecordedRequest request, DecisionRecord recorded) {
        if (!Objects.equals(published.poll(), request)) {
            throw new IllegalStateException(
                    "decisions are not in the order of their requests in the journal");
        }
        server.drain();
        while (offered < recorded.settled() && !givingBack.isEmpty()) {
            RecordedRequest ended = givingBack.remove();
            if (ended.tokensBack > 0) {
                server.settlements().offer(ended.caller, ended.tokensBack);
                offered++;
            }
        }
        deciding = request;
        decision = recorded;
        server.handleNext();
    }

    private void batched(RequestSlot slot) {
        if (decision != null) {
            RecordedRepeat.decide(slot, decision);
        }
    }

    /** On the replaying thread, right behind batch. */
    private void decided(RequestSlot slot) {
        RecordedRequest request = deciding;
        DecisionRecord recorded = decision;
        if (request == null || recorded == null) {
            return;
        }
        request.choosesBest = slot.sampling.bestOf > slot.sampling.n;
        RequestContext context = slot.context();
        if (recorded.outcome() != context.status) {
            request.note(
                    "recorded decision %s got %s".formatted(recorded.outcome(), context.status));
        } else if (context.status == RequestStatus.OK && recorded.seed() != slot.sampling.seed) {
            request.note("recorded seed %d got %d".formatted(recorded.seed(), slot.sampling.seed));
        }
    }

    private void step(StepRecord recorded) {
        recorded.copyTo(turn);
        Driven driven = lanes.get(laneName(turn.lane));
        if (driven == null) {
            return;
        }
        if (driven.tokens != null) {
            driven.tokens.step(turn.number);
        }
        LaneTurn did = driven.lane.replay(turn, driven.feed);
        steps++;
        if (!did.sameEntries(turn)) {
            otherSteps++;
            String what =
                    "step %d holds %d entries on record and %d in the replay"
                            .formatted(turn.number, turn.entryCount(), did.entryCount());
            note(turn, what);
            note(did, what);
        }
        server.drain();
    }

    private String laneName(int lane) {
        var models = run.environment().models();
        return lane < 0 || lane >= models.size() ? "" : models.get(lane).name();
    }

    private void note(LaneTurn of, String what) {
        for (int i = 0; i < of.entryCount(); i++) {
            RecordedRequest request = run.requests().get(of.request(i));
            if (request != null) {
                request.note(what);
            }
        }
    }

    /** On the thread of the replies. */
    private void replied(ReplySlot slot) {
        RecordedRequest request = run.requests().get(slot.requestId);
        if (request != null && !over) {
            request.replayed.add(slot);
            if (slot.last) {
                request.tokensBack = Settlements.tokensBack(slot.context());
            }
        }
    }

    /** What has not ended is dropped. */
    @Override
    public void close() {
        over = true;
        server.close();
    }
}
