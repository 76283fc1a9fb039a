package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.guide.GuideState;
import dev.millrace.gpustage.sampling.LogProbs;
import dev.millrace.gpustage.sampling.Philox;
import dev.millrace.gpustage.sampling.Sampler;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import java.lang.foreign.MemorySegment;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the next token of a run and says whether the run ends with it.
 *
 * <p>Runs on the lane's thread.
 */
final class TokenChoice {
    private final Sampler sampler;
    private final TokenBytes text;
    private final IntHashSet endIds;
    private final int[] endIdArray;
    private final LogProbs scored = new LogProbs();
    private final RowDigest rows = new RowDigest();
    private final int rowBytes;
    private boolean digests;
    private TokenWitness witness = TokenWitness.NONE;

    TokenChoice(Sampler sampler, TokenBytes text, IntHashSet endIds) {
        this.sampler = sampler;
        this.rowBytes = sampler.vocabularySize() * Float.BYTES;
        this.text = text;
        this.endIds = endIds;
        this.endIdArray = endIds.stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    /** Every token is shown to it. */
    void witness(TokenWitness everyToken) {
        witness = everyToken;
    }

    /**
     * Rows are those of {@code logits} from here on.
     *
     * @param digested whether runs keep digests of the rows they are sampled from
     */
    void begin(MemorySegment logits, boolean digested) {
        digests = digested;
        if (digested && logits.byteSize() > 0) {
            rows.begin(logits);
        }
    }

    /**
     * Adds the token that the row at {@code offsetBytes} gives to the run.
     *
     * @return the token, {@link Sampler#INVALID_LOGITS} or {@link Sampler#NO_CHOICE}
     */
    int choose(Run run, MemorySegment logits, long offsetBytes) {
        SamplingParams params = run.request.sampling;
        GuideState guide = run.guide();
        double uniform =
                params.temperature == 0
                        ? 0
                        : Philox.uniform(params.seed, run.number(), run.tokenCount());
        int token =
                sampler.sample(
                        logits,
                        offsetBytes,
                        params,
                        run.counts(),
                        guide == null ? null : guide.allowed(),
                        banned(run),
                        uniform);
        int digest = digests ? rows.of(offsetBytes, rowBytes) : 0;
        token =
                witness.sampled(
                        run.request.context.requestId,
                        run.number(),
                        run.newTokens(),
                        token,
                        digest,
                        logits,
                        offsetBytes);
        if (token >= 0) {
            if (digests) {
                run.digests().addInt(digest);
            }
            RunLogprobs logprobs = run.logprobs();
            if (logprobs != null) {
                sampler.logProbs(logits, offsetBytes, token, logprobs.top(), scored);
            }
            run.accept(token, scored);
        }
        return token;
    }

    /** Before its least length a text is not ended, as in vLLM; a guide decides for itself. */
    private int @Nullable [] banned(Run run) {
        SamplingParams params = run.request.sampling;
        if (run.newTokens() >= params.minTokens || run.guide() != null) {
            return null;
        }
        return run.endingIds(endIdArray);
    }

    /** How the run ends with the token it got last; null where it goes on. */
    @Nullable RunEnd end(Run run, int token) {
        SamplingParams params = run.request.sampling;
        int stopped = run.hiddenBytes(text);
        boolean mayStop = run.newTokens() >= params.minTokens;
        boolean ends =
                (endIds.contains(token) && (!params.ignoreEos || run.guide() != null))
                        || params.stopIds.containsInt(token);
        if (ends && mayStop) {
            return RunEnd.stop(1, text.bytesOf(token).length);
        }
        if (stopped > 0 && mayStop) {
            return RunEnd.stop(run.hiddenTokens(text, stopped), stopped);
        }
        GuideState guide = run.guide();
        if (guide != null && guide.isFinished()) {
            return RunEnd.WHOLE;
        }
        return run.isFull() ? RunEnd.LENGTH : null;
    }
}
