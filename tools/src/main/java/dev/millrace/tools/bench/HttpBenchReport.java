package dev.millrace.tools.bench;

import java.io.PrintWriter;
import java.util.List;

/**
 * What {@code bench http} found.
 *
 * @param server scheme, host and port
 * @param model name
 * @param promptTokens of each request
 * @param answerTokens of each request
 * @param intruderTokens of the prompts sent meanwhile; 0 for none
 * @param runs one for each number of streams
 */
record HttpBenchReport(
        String server,
        String model,
        int promptTokens,
        int answerTokens,
        int intruderTokens,
        List<HttpLoadResult> runs) {
    private static final String HEADINGS =
            "%8s %9s %10s %10s %10s %10s %9s %12s"
                    .formatted(
                            "streams",
                            "tokens/s",
                            "first p50",
                            "first p99",
                            "inter p50",
                            "inter p99",
                            "intruders",
                            "intruder p50");

    void print(PrintWriter out) {
        out.println(
                "%s at %s: prompts of %d tokens, answers of %d, intruders of %d"
                        .formatted(model, server, promptTokens, answerTokens, intruderTokens));
        out.println("times in ms");
        out.println(HEADINGS);
        for (HttpLoadResult run : runs) {
            out.println(
                    "%8d %9.1f %10.2f %10.2f %10.2f %10.2f %9d %12.2f"
                            .formatted(
                                    run.concurrency(),
                                    run.tokensPerSecond(),
                                    run.firstTokenMillis().p50(),
                                    run.firstTokenMillis().p99(),
                                    run.interTokenMillis().p50(),
                                    run.interTokenMillis().p99(),
                                    run.intruders(),
                                    run.intruderMillis().p50()));
        }
    }
}
