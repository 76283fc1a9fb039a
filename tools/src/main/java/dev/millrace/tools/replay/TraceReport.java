package dev.millrace.tools.replay;

import dev.millrace.tools.Printable;
import dev.millrace.tools.load.Percentiles;
import java.io.PrintWriter;
import java.util.Map;

/**
 * What a trace did to a server.
 *
 * @param server scheme, host and port
 * @param model that was asked
 * @param speed as given
 * @param seed of the prompts
 * @param traceSeconds from the first line to the last
 * @param seconds from the first request to the end of the last answer
 * @param connections requests under way at once, at most
 * @param sent requests
 * @param answered with the tokens that the trace asks for
 * @param promptTokens of answered requests
 * @param cachedTokens of these prompts that the server found in its cache
 * @param generatedTokens in answers
 * @param latenessMillis of the sender: from when a request was due to when it was sent
 * @param latencyMillis from when a request was due to the end of its answer
 * @param firstTokenMillis to its first text
 * @param problems requests by what was answered instead
 */
record TraceReport(
        String server,
        String model,
        String speed,
        long seed,
        double traceSeconds,
        double seconds,
        int connections,
        int sent,
        int answered,
        long promptTokens,
        long cachedTokens,
        long generatedTokens,
        Percentiles latenessMillis,
        Percentiles latencyMillis,
        Percentiles firstTokenMillis,
        Map<String, Integer> problems) {
    boolean allAnswered() {
        return answered == sent;
    }

    void print(PrintWriter out) {
        out.println(
                "%d requests of %.1f s sent to %s, %s, at speed %s in %.1f s, at most %d at once"
                        .formatted(sent, traceSeconds, server, model, speed, seconds, connections));
        out.println(
                "%d answered, %.1f tokens/s; %d of %d prompt tokens cached; --seed %d again"
                        .formatted(
                                answered,
                                generatedTokens / seconds,
                                cachedTokens,
                                promptTokens,
                                seed));
        out.println(TimesTable.HEADINGS);
        out.println(TimesTable.row("sender", "late", latenessMillis));
        out.println(TimesTable.row("latency", "", latencyMillis));
        out.println(TimesTable.row("first token", "", firstTokenMillis));
        problems.forEach((problem, count) ->
                out.println("not answered: %d, %s".formatted(count, Printable.text(problem))));
    }
}
