package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.guide.GuideState;
import dev.millrace.gpustage.guide.Guided;
import dev.millrace.gpustage.sampling.LogProbs;
import dev.millrace.gpustage.sampling.StopMatcher;
import dev.millrace.gpustage.sampling.TokenCounts;
import dev.millrace.gpustage.schedule.Generation;
import dev.millrace.gpustage.schedule.Order;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import java.util.Arrays;
import org.agrona.collections.IntArrayList;
import org.jspecify.annotations.Nullable;

/** One answer to one prompt of a text request. Owned by the lane's thread. */
final class Run extends Generation {
    final TextRequest request;

    /** Which prompt of the request. */
    final int prompt;

    /** Which answer to that prompt, from 0. */
    final int choice;

    private final @Nullable Run leader;
    private final StopMatcher stops;
    private final @Nullable TokenCounts counts;
    private final @Nullable RunLogprobs logprobs;
    private @Nullable GuideState guide;
    private final IntArrayList digests = new IntArrayList();
    private int published;
    private int scoredPromptTokens;
    private boolean promptComputed;
    private boolean counted;
    private int @Nullable [] endingIds;

    /** How it ended; null while it goes on. */
    @Nullable RunEnd end;

    /**
     * @param leader the first run of the same prompt, whose cached prompt this one waits for; null
     *     for the first itself
     */
    Run(
            TextRequest request,
            int prompt,
            int choice,
            @Nullable Run leader,
            int[] tokens,
            int maxNewTokens,
            int vocabularySize,
            Order order) {
        super(tokens, Math.max(1, maxNewTokens), order);
        this.request = request;
        this.prompt = prompt;
        this.choice = choice;
        this.leader = leader;
        this.stops = new StopMatcher(request.sampling.stopStrings);
        this.counts = counts(request.sampling, tokens, maxNewTokens, vocabularySize);
        this.logprobs =
                request.needsLogprobs()
                        ? new RunLogprobs(Math.max(0, request.sampling.logprobs))
                        : null;
    }

    private static @Nullable TokenCounts counts(
            SamplingParams sampling, int[] prompt, int maxNewTokens, int vocabularySize) {
        if (!sampling.penalises()) {
            return null;
        }
        var counts = new TokenCounts(Math.min(vocabularySize, prompt.length + maxNewTokens));
        if (sampling.repetitionPenalty != 1) {
            for (int id : prompt) {
                counts.addPrompt(id);
            }
        }
        return counts;
    }

    /** Its number among all runs of the request: what its random draws are keyed by. */
    int number() {
        return prompt * request.sampling.bestOf + choice;
    }

    /** Waits for the form of its text to be compiled, and for the prompt it shares. */
    @Override
    protected boolean ready() {
        if (request.form == TextRequest.Form.PENDING) {
            return false;
        }
        return leader == null || leader.promptComputed || leader.end != null;
    }

    /** The prompt is computed, so that its other runs find it in the cache. */
    void promptComputed() {
        promptComputed = true;
    }

    /** True the first time it is asked. */
    boolean countsCached() {
        boolean first = !counted;
        counted = true;
        return first;
    }

    /**
     * Tokens that end the text, the model's own and the request's. Put together once.
     *
     * @param ofModel the model's own, of which there is no other set
     */
    int[] endingIds(int[] ofModel) {
        int[] ids = endingIds;
        if (ids == null) {
            IntArrayList ofRequest = request.sampling.stopIds;
            ids = ofRequest.isEmpty() ? ofModel : joined(ofModel, ofRequest);
            endingIds = ids;
        }
        return ids;
    }

    private static int[] joined(int[] first, IntArrayList second) {
        int[] ids = Arrays.copyOf(first, first.length + second.size());
        for (int i = 0; i < second.size(); i++) {
            ids[first.length + i] = second.getInt(i);
        }
        return ids;
    }

    /** What penalties ask for; null where none is set. */
    @Nullable TokenCounts counts() {
        return counts;
    }

    /** What follows in the form the text must have; null where any text will do. */
    @Nullable GuideState guide() {
        Guided guided = request.guided;
        if (guide == null && guided != null) {
            guide = guided.guide().start();
        }
        return guide;
    }

    /** Log probabilities of the answer's tokens; null where nobody asks for them. */
    @Nullable RunLogprobs logprobs() {
        return logprobs;
    }

    /** Whether the request wants its prompt's log probabilities, and this run computes them. */
    boolean scoresPrompt() {
        return choice == 0 && request.sampling.promptAlternatives() >= 0;
    }

    /** Tokens of the prompt whose log probabilities were published. */
    int scoredPromptTokens() {
        return scoredPromptTokens;
    }

    void scoredPromptTokens(int count) {
        scoredPromptTokens = count;
    }

    /** Adds the token that was sampled, with its log probability where somebody asks for it. */
    void accept(int token, LogProbs scored) {
        append(token);
        if (counts != null) {
            counts.addAnswer(token);
        }
        if (logprobs != null) {
            logprobs.add(scored);
        }
        if (guide != null) {
            guide.accept(token);
        }
    }

    /** Matches the bytes of the token appended last; bytes at the end that a stop hides, or 0. */
    int hiddenBytes(TokenBytes text) {
        return stops.accept(text.bytesOf(token(tokenCount() - 1)));
    }

    /**
     * New tokens that are not published and cannot be part of a stop: {@code firstUnpublished} up
     * to this count.
     */
    int releasable(TokenBytes text) {
        int held = stops.heldBytes();
        int count = newTokens();
        while (held > 0 && count > published) {
            held -= newTokenBytes(text, count - 1);
            count--;
        }
        return count;
    }

    /** How many of the new tokens at the end lie wholly inside the last {@code hiddenBytes}. */
    int hiddenTokens(TokenBytes text, int hiddenBytes) {
        int left = hiddenBytes;
        int count = newTokens();
        while (left > 0 && count > 0 && newTokenBytes(text, count - 1) <= left) {
            left -= newTokenBytes(text, count - 1);
            count--;
        }
        return newTokens() - count;
    }

    /** Digests of the rows that the new tokens were sampled from; as many as those, or none. */
    IntArrayList digests() {
        return digests;
    }

    /** New tokens that replies carried. */
    int published() {
        return published;
    }

    /** Replies carried the new tokens up to {@code count}. */
    void published(int count) {
        published = count;
    }

    private int newTokenBytes(TokenBytes text, int newIndex) {
        return text.bytesOf(token(promptTokens() + newIndex)).length;
    }
}
