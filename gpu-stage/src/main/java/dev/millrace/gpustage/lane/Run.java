package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.sampling.StopMatcher;
import dev.millrace.gpustage.sampling.TokenCounts;
import dev.millrace.gpustage.schedule.Generation;
import dev.millrace.ringbuffer.SamplingParams;
import dev.millrace.ringbuffer.TokenBytes;
import org.jspecify.annotations.Nullable;

/** One prompt of a text request and its answer. Owned by the lane's thread. */
final class Run extends Generation {
    final TextRequest request;
    final int index;
    private final StopMatcher stops;
    private int published;

    private final @Nullable TokenCounts counts;

    Run(TextRequest request, int index, int[] prompt, int maxNewTokens, int vocabularySize) {
        super(prompt, maxNewTokens);
        this.request = request;
        this.index = index;
        this.stops = new StopMatcher(request.sampling.stopStrings);
        this.counts = counts(request.sampling, prompt, maxNewTokens, vocabularySize);
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

    /** What penalties ask for; null where none is set. */
    @Nullable TokenCounts counts() {
        return counts;
    }

    /** Adds the token that was sampled. */
    void accept(int token) {
        append(token);
        if (counts != null) {
            counts.addAnswer(token);
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
