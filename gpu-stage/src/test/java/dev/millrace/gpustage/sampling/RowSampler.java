package dev.millrace.gpustage.sampling;

import dev.millrace.ringbuffer.SamplingParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sampler of rows that lie in arrays: copies each to the second row of a native segment. */
final class RowSampler {
    private final Sampler sampler;
    private final MemorySegment rows;
    private final long offsetBytes;

    RowSampler(int vocabulary) {
        sampler = new Sampler(vocabulary);
        offsetBytes = 4L * vocabulary;
        rows = Arena.ofAuto().allocate(2 * offsetBytes);
    }

    int sample(float[] row, SamplingParams params, double uniform) {
        return sample(row, params, null, null, null, uniform);
    }

    int sample(
            float[] row,
            SamplingParams params,
            List<Integer> prompt,
            List<Integer> answer,
            double uniform) {
        return sample(row, params, counts(params, prompt, answer), null, null, uniform);
    }

    int sample(
            float[] row,
            SamplingParams params,
            long @Nullable [] allowed,
            int @Nullable [] banned,
            double uniform) {
        return sample(row, params, null, allowed, banned, uniform);
    }

    private int sample(
            float[] row,
            SamplingParams params,
            @Nullable TokenCounts counts,
            long @Nullable [] allowed,
            int @Nullable [] banned,
            double uniform) {
        copy(row);
        return sampler.sample(rows, offsetBytes, params, counts, allowed, banned, uniform);
    }

    void logProbs(float[] row, int token, int top, LogProbs into) {
        copy(row);
        sampler.logProbs(rows, offsetBytes, token, top, into);
    }

    private void copy(float[] row) {
        MemorySegment.copy(row, 0, rows, ValueLayout.JAVA_FLOAT, offsetBytes, row.length);
    }

    private static TokenCounts counts(
            SamplingParams params, List<Integer> prompt, List<Integer> answer) {
        var counts = new TokenCounts(prompt.size() + answer.size());
        if (params.repetitionPenalty != 1) {
            prompt.forEach(counts::addPrompt);
        }
        answer.forEach(counts::addAnswer);
        return counts;
    }
}
