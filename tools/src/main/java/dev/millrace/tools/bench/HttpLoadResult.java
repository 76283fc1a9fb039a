package dev.millrace.tools.bench;

import dev.millrace.tools.load.Percentiles;

/**
 * What one number of streams over HTTP gave.
 *
 * @param concurrency streams open at any time
 * @param generatedTokens in all answers, those to intruders left out
 * @param seconds from the first request to the end of the last answer
 * @param tokensPerSecond generated tokens over {@code seconds}, prompts' time included
 * @param firstTokenMillis from request to first token
 * @param interTokenMillis between the parts of one stream; a part is a token, or several that make
 *     a character
 * @param intruders long prompts that were answered meanwhile
 * @param intruderMillis from such a prompt to its answer
 */
record HttpLoadResult(
        int concurrency,
        long generatedTokens,
        double seconds,
        double tokensPerSecond,
        Percentiles firstTokenMillis,
        Percentiles interTokenMillis,
        long intruders,
        Percentiles intruderMillis) {
    static HttpLoadResult of(
            int concurrency, double seconds, StreamTimes streams, StreamTimes intruders) {
        return new HttpLoadResult(
                concurrency,
                streams.tokens(),
                seconds,
                streams.tokens() / seconds,
                Percentiles.of(streams.firstTokenNanos()),
                Percentiles.of(streams.interTokenNanos()),
                intruders.firstTokenNanos().getTotalCount(),
                Percentiles.of(intruders.firstTokenNanos()));
    }
}
