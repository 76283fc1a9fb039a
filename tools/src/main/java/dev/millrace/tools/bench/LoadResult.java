package dev.millrace.tools.bench;

import dev.millrace.tools.load.Percentiles;

/**
 * What one number of streams gave.
 *
 * @param concurrency streams open at any time
 * @param generatedTokens in all answers, those to intruders left out
 * @param seconds from the first request to the end of the last answer
 * @param tokensPerSecond generated tokens over {@code seconds}, prompts' time included
 * @param promptTokensPerSecond tokens of one prompt over the median time to its first token; with
 *     one stream, the speed of a prompt that has the model for itself
 * @param firstTokenMillis from request to first token
 * @param interTokenMillis between the tokens of one stream
 * @param stepMillis one step of the lane, from its plan to its last token
 * @param steps executions of the model
 * @param tokensPerStep mean, tokens of prompts included
 * @param stepShare part of the time that steps took; the rest is taking requests and waiting
 * @param breakdown where the mean step spends its time
 * @param intruders long prompts that were answered meanwhile
 * @param intruderMillis from such a prompt to its answer
 */
record LoadResult(
        int concurrency,
        long generatedTokens,
        double seconds,
        double tokensPerSecond,
        double promptTokensPerSecond,
        Percentiles firstTokenMillis,
        Percentiles interTokenMillis,
        Percentiles stepMillis,
        long steps,
        double tokensPerStep,
        double stepShare,
        StepBreakdown breakdown,
        long intruders,
        Percentiles intruderMillis) {
    /**
     * Of what was recorded.
     *
     * @param promptTokens of each stream
     * @param seconds until the last stream ended
     * @param recordedSeconds until the last intruder ended, too
     */
    static LoadResult of(
            int concurrency,
            int promptTokens,
            double seconds,
            double recordedSeconds,
            StreamTimes streams,
            StreamTimes intruders,
            StepRecording.Steps steps) {
        long count = steps.nanos().getTotalCount();
        double stepSeconds = count == 0 ? 0 : steps.nanos().getMean() * count / 1e9;
        Percentiles firstToken = Percentiles.of(streams.firstTokenNanos());
        return new LoadResult(
                concurrency,
                streams.tokens(),
                seconds,
                streams.tokens() / seconds,
                promptTokens / (firstToken.p50() / 1e3),
                firstToken,
                Percentiles.of(streams.interTokenNanos()),
                Percentiles.of(steps.nanos()),
                count,
                count == 0 ? 0 : (double) steps.tokens() / count,
                stepSeconds / recordedSeconds,
                steps.breakdown(),
                intruders.firstTokenNanos().getTotalCount(),
                Percentiles.of(intruders.firstTokenNanos()));
    }
}
