package dev.millrace.gpustage.lane;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.guide.GuideCompiler;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.sampling.Sampler;
import dev.millrace.gpustage.schedule.BlockPool;
import dev.millrace.gpustage.schedule.PromptCost;
import dev.millrace.gpustage.schedule.Scheduler;
import dev.millrace.gpustage.schedule.StepPlan;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.LaneTurn;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TokenBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/**
 * A text model's lane: all running generations advance together, one step after the other.
 *
 * <p>Runs on: its own thread, with partners that compute parts of a step. Owns: the model, its
 * cache, the scheduler and every generation. A step that throws is repeated entry by entry, so that
 * only a request which throws by itself fails.
 */
public final class GenerateLane extends LaneLoop {
    /** How soon to look again while all that waits is a form of text that is being compiled. */
    private static final long GUIDE_POLL_NANOS = 500_000;

    private final StepModel model;
    private final BlockPool pool;
    private final Scheduler<Run> scheduler;
    private final StepParts parts;
    private final TextIntake intake;
    private final GuideCompiler guides;
    private final TokenChoice choice;
    private final PromptScores promptScores;
    private final NgramDrafts drafts;
    private final TokenReplies replies;
    private final Departures departures;
    private final GenerationUsage usage;
    private final int maxWaiting;
    private final long rowBytes;

    private final int partnerCount;

    private @Nullable RuntimeException failure;
    private long drafted;
    private long accepted;

    /**
     * A lane for {@code model}.
     *
     * @param limits of the scheduler
     * @param sharesPrefixes whether generations share the blocks of a common beginning
     * @param endIds tokens with which the model itself ends a text
     * @param text what tokens add to the text, for stop strings and forms of text
     * @param threads that compute a step, this lane's among them; at least 1
     */
    public GenerateLane(
            int index,
            String modelName,
            StepModel model,
            GenerationConfig limits,
            boolean sharesPrefixes,
            IntHashSet endIds,
            TokenBytes text,
            int threads,
            LaneOutput output) {
        super(index, modelName, output);
        this.model = model;
        this.pool = new BlockPool(model.blocks(), model.blockTokens(), sharesPrefixes);
        PromptCost cost =
                PromptCost.of(model.layerWeights(), model.attentionWidth(), model.windowTokens());
        this.scheduler =
                new Scheduler<>(
                        new Scheduler.Limits(
                                limits.slots(),
                                limits.stepTokens(),
                                Math.min(limits.stepTokens(), limits.chunkTokens()),
                                cost),
                        pool);
        this.parts = new StepParts(model, cost, threads, limits.stepTokens(), limits.slots());
        this.partnerCount = threads - 1;
        this.guides = new GuideCompiler(modelName, text, model.vocabularySize(), endIds);
        this.intake = new TextIntake(model, guides, output);
        Sampler sampler = new Sampler(model.vocabularySize());
        this.choice = new TokenChoice(sampler, text, endIds);
        this.promptScores = new PromptScores(sampler, model.vocabularySize(), output);
        this.drafts = new NgramDrafts(limits.draftTokens());
        this.replies = new TokenReplies(output, text);
        this.departures = new Departures(this, scheduler);
        this.usage = new GenerationUsage(model.blocks());
        this.maxWaiting = limits.maxWaiting();
        this.rowBytes = (long) model.vocabularySize() * Float.BYTES;
    }

    @Override
    boolean take(RequestSlot slot) {
        int waiting = scheduler.waitingCount();
        if (waiting > 0 && waiting + TextIntake.runs(slot) > maxWaiting) {
            return false;
        }
        TextRequest request = intake.take(slot);
        if (request != null) {
            taken();
            departures.arrived(request);
            request.prompts.forEach(runs -> runs.forEach(scheduler::submit));
        }
        return true;
    }

    @Override
    long turn(LaneTurn turn) {
        departures.notice(turn);
        long begun = output.clock().nanoTime();
        StepPlan<Run> plan = scheduler.plan();
        event.planNanos = output.clock().nanoTime() - begun;
        // Before a step that may take long, and again when it is on record.
        report();
        for (int i = 0; i < plan.size(); i++) {
            describe(plan, i, turn);
        }
        if (!onRecord()) {
            return refuse(plan);
        }
        if (plan.size() == 0) {
            return scheduler.isIdle() ? NOTHING : GUIDE_POLL_NANOS;
        }
        for (int i = 0; i < plan.size(); i++) {
            start(plan.generation(i));
        }
        output.counters().increment(Counter.STEPS);
        output.counters().add(Counter.STEP_TOKENS, plan.tokenCount());
        beginStep(plan.size(), plan.tokenCount());
        if (!execute(plan, 0, plan.size())) {
            event.failed = true;
            for (int i = 0; i < plan.size(); i++) {
                TextRequest request = plan.generation(i).request;
                if (!request.ended && !execute(plan, i, i + 1)) {
                    String reason = failure == null ? "unknown" : ScriptModule.reason(failure);
                    departures.end(
                            request, RequestStatus.INTERNAL, "the model failed: " + reason, null);
                }
            }
        }
        endStep();
        report();
        return 0;
    }

    private static void describe(StepPlan<Run> plan, int entry, LaneTurn turn) {
        Run run = plan.generation(entry);
        int drafts = plan.completes(entry) ? run.draftCount() : 0;
        turn.entry(
                run.request.context.requestId,
                run.number(),
                run.computedTokens(),
                plan.count(entry),
                drafts);
    }

    /** The step is not on record, and so it is not taken. */
    private long refuse(StepPlan<Run> plan) {
        for (int i = 0; i < plan.size(); i++) {
            departures.end(
                    plan.generation(i).request, RequestStatus.JOURNAL_FAILED, NOT_ON_RECORD, null);
        }
        return scheduler.isIdle() ? NOTHING : GUIDE_POLL_NANOS;
    }

    private void start(Run run) {
        TextRequest request = run.request;
        if (!request.started) {
            request.started = true;
            output.stampStart(request.context);
        }
        if (run.countsCached() && run.choice == 0) {
            request.context.cachedTokens += run.computedTokens();
        }
    }

    /**
     * Computes entries of the plan and samples from them; false where the model threw and nothing
     * changed.
     */
    private boolean execute(StepPlan<Run> plan, int from, int to) {
        long begun = output.clock().nanoTime();
        try {
            failure = parts.compute(plan, from, to, partners());
            long computed = output.clock().nanoTime();
            event.modelNanos += computed - begun;
            if (failure != null) {
                return false;
            }
            for (int i = 0; i < parts.count(); i++) {
                sample(plan, parts.get(i));
            }
            event.sampleNanos += output.clock().nanoTime() - computed;
            return true;
        } finally {
            parts.release();
        }
    }

    private void sample(StepPlan<Run> plan, StepPart part) {
        MemorySegment logits = part.logits().rows();
        choice.begin(logits, digests());
        int row = 0;
        for (int i = part.from; i < part.to; i++) {
            Run run = plan.generation(i);
            if (!run.request.ended) {
                row += promptScores.publish(run, run.computedTokens(), plan.count(i), logits, row);
            }
            int rows = StepPart.sampledRows(plan, i);
            if (!run.request.ended) {
                advance(plan, i, logits, row);
            }
            row += rows;
        }
    }

    /** Takes what the step gave to an entry: more of its prompt is computed, or tokens follow. */
    private void advance(StepPlan<Run> plan, int entry, MemorySegment logits, int firstRow) {
        Run run = plan.generation(entry);
        if (!plan.completes(entry)) {
            scheduler.computed(plan, entry, plan.count(entry));
            return;
        }
        run.promptComputed();
        int rows = StepPart.sampledRows(plan, entry);
        if (rows == 0) {
            scheduler.computed(plan, entry, plan.count(entry));
            finish(run, RunEnd.LENGTH);
            return;
        }
        int known = plan.count(entry) - run.draftCount();
        int taken = sample(run, logits, firstRow, rows);
        if (run.request.ended) {
            return;
        }
        drafted += rows - 1;
        accepted += taken - 1;
        scheduler.computed(plan, entry, known + taken - 1);
        RunEnd end = run.end;
        if (end != null) {
            finish(run, end);
        } else {
            replies.release(run);
            drafts.propose(run);
        }
    }

    /**
     * Samples the row of the last known token, and as long as the drafts come out so, theirs.
     *
     * @return how many tokens were added
     */
    private int sample(Run run, MemorySegment logits, int firstRow, int rows) {
        int taken = 0;
        while (taken < rows) {
            int next = run.tokenCount();
            int draft = taken + 1 < rows ? run.token(next) : -1;
            int token = choice.choose(run, logits, (firstRow + taken) * rowBytes);
            if (token < 0) {
                refuseRow(run, token);
                return taken;
            }
            taken++;
            count(run.request.context);
            run.end = choice.end(run, token);
            if (run.end != null || token != draft) {
                return taken;
            }
        }
        return taken;
    }

    private void count(RequestContext context) {
        if (context.completionTokens == 0) {
            context.stamps.firstToken(output.clock().nanoTime());
        }
        context.completionTokens++;
        output.counters().increment(Counter.GENERATED_TOKENS);
    }

    private void refuseRow(Run run, int outcome) {
        String reason =
                outcome == Sampler.NO_CHOICE
                        ? "no token of the vocabulary goes on as the request allows"
                        : "the model gave logits that are no numbers";
        departures.end(
                run.request,
                RequestStatus.INTERNAL,
                reason + " at position " + run.tokenCount(),
                null);
    }

    private void finish(Run run, RunEnd end) {
        run.end = end;
        scheduler.remove(run);
        RequestContext context = run.request.context;
        boolean last = --context.openRuns == 0;
        if (last) {
            run.request.ended = true;
            output.stampEnd(context);
            ended();
        }
        replies.finish(run, last);
    }

    @Override
    public void witness(TokenWitness witness) {
        choice.witness(witness);
    }

    private void report() {
        usage.generations(scheduler.runningCount(), scheduler.waitingCount());
        usage.blocks(pool.used(), pool.cached());
        usage.prefixes(pool.queries(), pool.hits(), scheduler.preemptions());
        usage.drafts(drafted, accepted);
    }

    /** A step has parts instead: fbgemm's operators use one thread whatever they are given. */
    @Override
    int nativeThreads() {
        return 1;
    }

    @Override
    public int partnerCount() {
        return partnerCount;
    }

    @Override
    public GenerationUsage usage() {
        return usage;
    }

    @Override
    public void failAll(Throwable cause) {
        List<Run> all = new ArrayList<>();
        scheduler.collect(_ -> true, all);
        for (Run run : all) {
            departures.end(
                    run.request,
                    RequestStatus.INTERNAL,
                    "the lane stopped: " + ScriptModule.reason(cause),
                    null);
        }
    }

    @Override
    public void close() {
        guides.close();
        parts.close();
        model.close();
    }
}
