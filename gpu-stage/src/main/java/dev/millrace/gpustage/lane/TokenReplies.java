package dev.millrace.gpustage.lane;

import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.TokenBytes;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.util.Comparator;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the tokens of runs: for a stream as soon as no stop string can claim them, otherwise
 * many at a time; and where the best of several is asked for, when all of them have ended.
 *
 * <p>Runs on the lane's thread.
 */
final class TokenReplies {
    /** Tokens of a run that nobody streams are sent on in portions of this size. */
    private static final int PORTION_TOKENS = 64;

    private final LaneOutput output;
    private final TokenBytes text;

    TokenReplies(LaneOutput output, TokenBytes text) {
        this.output = output;
        this.text = text;
    }

    /** Publishes what may be published of a run that goes on. */
    void release(Run run) {
        if (run.request.choosesBest()) {
            return;
        }
        int upTo = run.releasable(text);
        int least = run.request.context.stream ? 1 : PORTION_TOKENS;
        if (upTo - run.published() >= least) {
            publish(run, run.choice, upTo, null, false);
        }
    }

    /**
     * Publishes the rest of a run that ended.
     *
     * @param last whether it is the request's last
     */
    void finish(Run run, boolean last) {
        if (!run.request.choosesBest()) {
            publishRest(run, run.choice, last);
            return;
        }
        List<Run> runs = run.request.prompts.get(run.prompt);
        if (runs.stream().allMatch(each -> each.end != null)) {
            publishBest(runs, run.request.sampling.n, last);
        }
    }

    private void publishBest(List<Run> runs, int n, boolean last) {
        // A stable sort: of equals the one that was begun first.
        List<Run> best =
                runs.stream()
                        .sorted(Comparator.comparingDouble(TokenReplies::mean).reversed())
                        .limit(n)
                        .toList();
        for (int i = 0; i < n; i++) {
            publishRest(best.get(i), i, last && i == n - 1);
        }
    }

    private static double mean(Run run) {
        RunLogprobs logprobs = run.logprobs();
        return logprobs == null ? 0 : logprobs.mean();
    }

    /** In portions, so that the largest answer fits what a reply can carry. */
    private void publishRest(Run run, int choice, boolean last) {
        int most = mostTokens(run.request.sampling.logprobs);
        while (run.newTokens() - run.published() > most) {
            publish(run, choice, run.published() + most, null, false);
        }
        publish(run, choice, run.newTokens(), run.end, last);
    }

    private int mostTokens(int top) {
        return Math.max(
                1,
                output.replies().maxPayloadBytes() / (TokenLogprobs.bytes(1, top) + Integer.BYTES));
    }

    private void publish(Run run, int choice, int upTo, @Nullable RunEnd end, boolean last) {
        RequestContext context = run.request.context;
        int top = run.request.sampling.logprobs;
        int count = upTo - run.published();
        boolean digests = run.digests().size() >= upTo && upTo > 0;
        int digestsAt = TokenLogprobs.bytes(count, top);
        int bytes = digestsAt + (digests ? count * Integer.BYTES : 0);
        long sequence = output.replies().open(ReplySlot.Kind.TOKENS, context, bytes);
        ReplySlot slot = output.replies().slot(sequence);
        MutableDirectBuffer payload = slot.payload.buffer();
        int first = run.promptTokens() + run.published();
        for (int i = 0; i < count; i++) {
            payload.putInt(4 * i, run.token(first + i));
        }
        RunLogprobs logprobs = run.logprobs();
        if (top >= 0 && logprobs != null) {
            logprobs.write(payload, run.published(), count);
        }
        for (int i = 0; digests && i < count; i++) {
            payload.putInt(digestsAt + 4 * i, run.digests().getInt(run.published() + i));
        }
        slot.digests = digests;
        slot.index = run.prompt * run.request.sampling.n + choice;
        slot.count = count;
        slot.topLogprobs = top;
        slot.finish = end == null ? FinishReason.NONE : end.reason();
        slot.hiddenTokens = end == null ? 0 : end.hiddenTokens();
        slot.hiddenBytes = end == null ? 0 : end.hiddenBytes();
        slot.last = last;
        run.published(upTo);
        output.replies().publish(sequence);
    }
}
