package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.StepBatch;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.sampling.Philox;
import dev.millrace.gpustage.sampling.Sampler;
import dev.millrace.gpustage.schedule.Scheduler;
import dev.millrace.gpustage.schedule.StepPlan;
import dev.millrace.gpustage.torch.ScriptModule;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/**
 * A text model's lane: all running generations advance together, one step after the other.
 *
 * <p>Runs on: its own thread. Owns: the model, its cache, the scheduler and every generation. A
 * step that throws is repeated entry by entry, so that only a request which throws by itself fails.
 */
public final class GenerateLane extends LaneLoop {
    private final StepModel model;
    private final Scheduler<Run> scheduler;
    private final StepBatch batch;
    private final Sampler sampler;
    private final TokenReplies replies;
    private final TokenBytes text;
    private final IntHashSet endIds;
    private final int maxWaiting;
    private final List<Run> found = new ArrayList<>();
    private @Nullable RuntimeException failure;

    /**
     * A lane for {@code model}.
     *
     * @param stepTokens token budget of one step
     * @param maxWaiting generations that may wait for a slot before requests stay in the ring
     * @param endIds tokens with which the model itself ends a text
     * @param text what tokens add to the text, for stop strings
     */
    public GenerateLane(
            int index,
            String modelName,
            StepModel model,
            int stepTokens,
            int maxWaiting,
            IntHashSet endIds,
            TokenBytes text,
            LaneOutput output) {
        super(index, modelName, output);
        this.model = model;
        this.scheduler = new Scheduler<>(model.generationSlots(), stepTokens);
        this.batch = new StepBatch(stepTokens, model.generationSlots());
        this.sampler = new Sampler(model.vocabularySize());
        this.replies = new TokenReplies(output, text);
        this.text = text;
        this.endIds = endIds;
        this.maxWaiting = maxWaiting;
    }

    @Override
    boolean take(RequestSlot slot) {
        DirectBuffer runs = slot.decoded.buffer();
        int count = PromptRuns.count(runs);
        if (scheduler.waitingCount() > 0 && scheduler.waitingCount() + count > maxWaiting) {
            return false;
        }
        RequestContext context = slot.context();
        TextRequest request = new TextRequest(context, slot.sampling);
        if (refuseBiases(context, request.sampling)) {
            return true;
        }
        List<Run> made = new ArrayList<>(count);
        int offset = PromptRuns.idsOffset(count);
        for (int i = 0; i < count; i++) {
            int[] prompt = TokenIds.read(runs, offset, PromptRuns.length(runs, i));
            offset += 4 * prompt.length;
            int room = model.contextTokens() - prompt.length;
            if (refusePrompt(context, prompt, room)) {
                return true;
            }
            int most = Math.clamp(slot.sampling.maxTokens, 1, room);
            made.add(new Run(request, i, prompt, most, model.vocabularySize()));
        }
        context.openRuns = count;
        taken();
        made.forEach(scheduler::submit);
        return true;
    }

    /** Decode checks all this too; here it protects the other generations of a step. */
    private boolean refusePrompt(RequestContext context, int[] prompt, int room) {
        if (prompt.length == 0) {
            output.refuse(
                    context,
                    RequestStatus.INVALID,
                    "the prompt has no tokens; at least one is expected",
                    "prompt");
            return true;
        }
        if (room < 1) {
            output.refuse(
                    context,
                    RequestStatus.CONTEXT_LENGTH,
                    "the prompt has "
                            + prompt.length
                            + " tokens; at most "
                            + (model.contextTokens() - 1)
                            + " leave room for an answer",
                    "prompt");
            return true;
        }
        int wrong = TokenIds.firstOutside(prompt, model.vocabularySize());
        if (wrong >= 0) {
            output.refuse(
                    context,
                    RequestStatus.INVALID,
                    "token id " + prompt[wrong] + " is not below " + model.vocabularySize(),
                    "prompt");
            return true;
        }
        return false;
    }

    private boolean refuseBiases(RequestContext context, SamplingParams sampling) {
        int wrong = TokenIds.firstOutside(sampling.biasedIds, model.vocabularySize());
        if (wrong < 0) {
            return false;
        }
        output.refuse(
                context,
                RequestStatus.INVALID,
                "token id " + sampling.biasedIds[wrong] + " is not below " + model.vocabularySize(),
                "logit_bias");
        return true;
    }

    @Override
    long turn(boolean flush) {
        dropCancelled();
        StepPlan<Run> plan = scheduler.plan();
        if (plan.size() == 0) {
            return NOTHING;
        }
        for (int i = 0; i < plan.size(); i++) {
            TextRequest request = plan.generation(i).request;
            if (!request.started) {
                request.started = true;
                output.stampStart(request.context);
            }
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
                    end(request, RequestStatus.INTERNAL, "the model failed: " + reason);
                }
            }
        }
        endStep();
        return 0;
    }

    /**
     * Computes entries of the plan and samples from them; false where the model threw and nothing
     * changed.
     */
    private boolean execute(StepPlan<Run> plan, int from, int to) {
        batch.clear();
        for (int i = from; i < to; i++) {
            Run run = plan.generation(i);
            batch.beginEntry(run.slot(), run.computedTokens());
            for (int k = 0; k < plan.count(i); k++) {
                batch.addToken(run.token(run.computedTokens() + k));
            }
        }
        try (TensorScope scope = TensorScope.open()) {
            MemorySegment logits = step(scope);
            if (logits == null) {
                return false;
            }
            long rowBytes = (long) model.vocabularySize() * Float.BYTES;
            for (int i = from; i < to; i++) {
                Run run = plan.generation(i);
                boolean completes = plan.completes(i);
                run.computed(plan.count(i));
                if (completes && !run.request.ended) {
                    sample(run, logits, (i - from) * rowBytes);
                }
            }
        }
        return true;
    }

    private @Nullable MemorySegment step(TensorScope scope) {
        try {
            return model.step(batch, scope);
        } catch (RuntimeException e) {
            failure = e;
            return null;
        }
    }

    private void sample(Run run, MemorySegment logits, long offsetBytes) {
        SamplingParams params = run.request.sampling;
        double uniform =
                params.temperature == 0
                        ? 0
                        : Philox.uniform(params.seed, run.index, run.tokenCount());
        int token = sampler.sample(logits, offsetBytes, params, run.counts(), uniform);
        if (token == Sampler.INVALID_LOGITS) {
            end(
                    run.request,
                    RequestStatus.INTERNAL,
                    "the model gave logits that are no numbers at position " + run.tokenCount());
            return;
        }
        RequestContext context = run.request.context;
        if (context.completionTokens == 0) {
            context.stamps.firstToken(output.clock().nanoTime());
        }
        context.completionTokens++;
        output.counters().increment(Counter.GENERATED_TOKENS);
        run.accept(token);
        advance(run, token);
    }

    private void advance(Run run, int token) {
        SamplingParams params = run.request.sampling;
        int stopped = run.hiddenBytes(text);
        boolean mayStop = run.newTokens() >= params.minTokens;
        boolean ends =
                (!params.ignoreEos && endIds.contains(token)) || params.stopIds.containsInt(token);
        if (ends && mayStop) {
            finish(run, FinishReason.STOP, 1, text.bytesOf(token).length);
        } else if (stopped > 0 && mayStop) {
            finish(run, FinishReason.STOP, run.hiddenTokens(text, stopped), stopped);
        } else if (run.isFull()) {
            finish(run, FinishReason.LENGTH, 0, 0);
        } else {
            replies.release(run);
        }
    }

    private void finish(Run run, FinishReason reason, int hiddenTokens, int hiddenBytes) {
        scheduler.remove(run);
        RequestContext context = run.request.context;
        boolean last = --context.openRuns == 0;
        if (last) {
            run.request.ended = true;
            output.stampEnd(context);
            ended();
        }
        replies.finish(run, reason, hiddenTokens, hiddenBytes, last);
    }

    private void dropCancelled() {
        found.clear();
        scheduler.collect(run -> run.request.context.cancelled(), found);
        for (Run run : found) {
            end(run.request, RequestStatus.CANCELLED, "the client went away");
        }
    }

    /** Ends a request with all its runs. */
    private void end(TextRequest request, RequestStatus status, String message) {
        if (request.ended) {
            return;
        }
        request.ended = true;
        List<Run> runs = new ArrayList<>();
        scheduler.collect(run -> run.request == request, runs);
        runs.forEach(scheduler::remove);
        ended();
        output.refuse(request.context, status, message, null);
    }

    @Override
    public void failAll(Throwable cause) {
        found.clear();
        scheduler.collect(_ -> true, found);
        for (Run run : List.copyOf(found)) {
            end(
                    run.request,
                    RequestStatus.INTERNAL,
                    "the lane stopped: " + ScriptModule.reason(cause));
        }
    }

    @Override
    public void close() {
        batch.close();
        model.close();
    }
}
