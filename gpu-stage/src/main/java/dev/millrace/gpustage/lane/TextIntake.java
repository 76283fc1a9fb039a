package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.guide.GuideCompiler;
import dev.millrace.gpustage.guide.Guided;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.schedule.Order;
import dev.millrace.ringbuffer.PromptRuns;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Copies a text request out of its slot, as the runs that answer it.
 *
 * <p>Runs on the lane's thread. Decode checks all that is refused here too; here it protects the
 * other generations of a step.
 */
final class TextIntake {
    private final StepModel model;
    private final GuideCompiler guides;
    private final LaneOutput output;

    TextIntake(StepModel model, GuideCompiler guides, LaneOutput output) {
        this.model = model;
        this.guides = guides;
        this.output = output;
    }

    /** How many runs a request asks for. */
    static int runs(RequestSlot slot) {
        return PromptRuns.count(slot.decoded.buffer()) * slot.sampling.bestOf;
    }

    /** The request with its runs, or null where it was refused. */
    @Nullable TextRequest take(RequestSlot slot) {
        RequestContext context = slot.context();
        DirectBuffer prompts = slot.decoded.buffer();
        int count = PromptRuns.count(prompts);
        Guided guided =
                slot.sampling.structured == null ? null : guides.request(slot.sampling.structured);
        TextRequest request = new TextRequest(context, slot.sampling, guided);
        if (refuseBiases(context, request.sampling)) {
            return null;
        }
        int offset = PromptRuns.idsOffset(count);
        for (int i = 0; i < count; i++) {
            int[] prompt = TokenIds.read(prompts, offset, PromptRuns.length(prompts, i));
            offset += 4 * prompt.length;
            int room = model.contextTokens() - prompt.length;
            if (refusePrompt(context, prompt, room)) {
                return null;
            }
            request.prompts.add(runs(request, i, prompt, room));
        }
        context.openRuns = count * request.sampling.bestOf;
        return request;
    }

    private List<Run> runs(TextRequest request, int index, int[] prompt, int room) {
        SamplingParams sampling = request.sampling;
        RequestContext context = request.context;
        // Each caller's prefixes are its own: how fast an answer comes tells what others asked.
        long salt = context.callerId * 31 + sampling.cacheSalt;
        boolean scores = sampling.promptAlternatives() >= 0;
        List<Run> runs = new ArrayList<>(sampling.bestOf);
        for (int choice = 0; choice < sampling.bestOf; choice++) {
            Order order =
                    new Order(
                            sampling.priority,
                            context.callerId,
                            context.deadlineNanos,
                            salt,
                            choice > 0 || !scores);
            runs.add(
                    new Run(
                            request,
                            index,
                            choice,
                            choice == 0 ? null : runs.getFirst(),
                            prompt,
                            Math.min(sampling.maxTokens, room),
                            model.vocabularySize(),
                            order));
        }
        return runs;
    }

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
        return refuseId(context, prompt, "prompt");
    }

    private boolean refuseBiases(RequestContext context, SamplingParams sampling) {
        return refuseId(context, sampling.biasedIds, "logit_bias");
    }

    private boolean refuseId(RequestContext context, int[] ids, String field) {
        int wrong = TokenIds.firstOutside(ids, model.vocabularySize());
        if (wrong < 0) {
            return false;
        }
        output.refuse(
                context,
                RequestStatus.INVALID,
                "token id " + ids[wrong] + " is not below " + model.vocabularySize(),
                field);
        return true;
    }
}
