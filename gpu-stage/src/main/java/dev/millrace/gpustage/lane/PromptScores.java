package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.sampling.LogProbs;
import dev.millrace.gpustage.sampling.Sampler;
import dev.millrace.ringbuffer.ReplySlot;
import dev.millrace.ringbuffer.TokenLogprobs;
import java.lang.foreign.MemorySegment;
import org.agrona.MutableDirectBuffer;

/**
 * Publishes a prompt's tokens with their log probabilities, step by step as they are computed.
 *
 * <p>Runs on the lane's thread. The row of a position scores the token behind it, so that a chunk
 * ends with a token whose successor is scored and not yet computed.
 */
final class PromptScores {
    private final Sampler sampler;
    private final LaneOutput output;
    private final long rowBytes;
    private final LogProbs scored = new LogProbs();

    PromptScores(Sampler sampler, int vocabularySize, LaneOutput output) {
        this.sampler = sampler;
        this.output = output;
        this.rowBytes = (long) vocabularySize * Float.BYTES;
    }

    /** Whether the row of that position is asked for, to score the token behind it. */
    static boolean wants(Run run, int position) {
        return run.scoresPrompt()
                && position + 1 < run.promptTokens()
                && position + 1 >= run.scoredPromptTokens();
    }

    /**
     * Publishes what the rows of a step tell.
     *
     * @param firstRow of those that {@link #wants} asked for, at positions from {@code start} on
     * @return how many rows that were
     */
    int publish(Run run, int start, int count, MemorySegment logits, int firstRow) {
        if (!run.scoresPrompt() || run.scoredPromptTokens() == run.promptTokens()) {
            return 0;
        }
        int from = run.scoredPromptTokens();
        int to = Math.min(start + count + 1, run.promptTokens());
        if (to <= from) {
            return 0;
        }
        int top = run.request.sampling.promptAlternatives();
        int most = Math.max(1, output.replies().maxPayloadBytes() / TokenLogprobs.bytes(1, top));
        int row = firstRow;
        for (int first = from; first < to; first += most) {
            row = publishPortion(run, first, Math.min(most, to - first), top, logits, row);
        }
        run.scoredPromptTokens(to);
        return row - firstRow;
    }

    private int publishPortion(
            Run run, int first, int count, int top, MemorySegment logits, int firstRow) {
        int bytes = TokenLogprobs.bytes(count, top);
        long sequence = output.replies().open(ReplySlot.Kind.TOKENS, run.request.context, bytes);
        ReplySlot slot = output.replies().slot(sequence);
        MutableDirectBuffer payload = slot.payload.buffer();
        int row = firstRow;
        for (int i = 0; i < count; i++) {
            int token = run.token(first + i);
            payload.putInt(4 * i, token);
            int entry = TokenLogprobs.entry(count, top, i);
            if (first + i == 0) {
                TokenLogprobs.put(payload, entry, Float.NaN, 0);
                fill(payload, entry, 0, top);
            } else {
                sampler.logProbs(logits, row * rowBytes, token, top, scored);
                TokenLogprobs.put(payload, entry, scored.chosen(), scored.rank());
                for (int place = 0; place < scored.count(); place++) {
                    TokenLogprobs.putTop(
                            payload, entry, place, scored.id(place), scored.value(place));
                }
                fill(payload, entry, scored.count(), top);
                row++;
            }
        }
        slot.index = run.prompt * run.request.sampling.n;
        slot.count = count;
        slot.topLogprobs = top;
        slot.prompt = true;
        output.replies().publish(sequence);
        return row;
    }

    private static void fill(MutableDirectBuffer payload, int entry, int from, int top) {
        for (int place = from; place < top; place++) {
            TokenLogprobs.putTop(payload, entry, place, TokenLogprobs.NONE, 0);
        }
    }
}
