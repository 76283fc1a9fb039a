package dev.millrace.tools.bench;

import org.HdrHistogram.Histogram;

/**
 * What one number of streams gave.
 *
 * @param concurrency streams open at any time
 * @param generatedTokens in all answers
 * @param seconds from the first request to the end of the last answer
 * @param tokensPerSecond generated tokens over {@code seconds}, prompts' time included
 * @param firstTokenMillis from request to first token
 * @param interTokenMillis between the tokens of one stream
 * @param stepMillis one execution of the model, sampling included
 * @param steps executions
 * @param tokensPerStep mean, tokens of prompts included
 * @param stepShare part of {@code seconds} that steps took; the rest is scheduling and waiting
 */
record LoadResult(
        int concurrency,
        long generatedTokens,
        double seconds,
        double tokensPerSecond,
        Percentiles firstTokenMillis,
        Percentiles interTokenMillis,
        Percentiles stepMillis,
        long steps,
        double tokensPerStep,
        double stepShare) {
    /**
     * Of a latency, in milliseconds.
     *
     * @param p50 the median
     * @param p99 exceeded by one in a hundred
     */
    record Percentiles(double p50, double p99) {
        static Percentiles of(Histogram nanos) {
            return new Percentiles(
                    nanos.getValueAtPercentile(50) / 1e6, nanos.getValueAtPercentile(99) / 1e6);
        }
    }

    static LoadResult of(
            int concurrency,
            long generatedTokens,
            double seconds,
            Histogram firstTokenNanos,
            Histogram interTokenNanos,
            StepRecording.Steps steps) {
        long count = steps.nanos().getTotalCount();
        double stepSeconds = count == 0 ? 0 : steps.nanos().getMean() * count / 1e9;
        return new LoadResult(
                concurrency,
                generatedTokens,
                seconds,
                generatedTokens / seconds,
                Percentiles.of(firstTokenNanos),
                Percentiles.of(interTokenNanos),
                Percentiles.of(steps.nanos()),
                count,
                count == 0 ? 0 : (double) steps.tokens() / count,
                stepSeconds / seconds);
    }
}
