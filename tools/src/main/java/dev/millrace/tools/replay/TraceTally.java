package dev.millrace.tools.replay;

import dev.millrace.tools.load.Answer;
import dev.millrace.tools.load.Exchange;
import dev.millrace.tools.load.Load;
import dev.millrace.tools.load.Percentiles;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** Counts the answers to a trace as they come, from any thread. */
final class TraceTally {
    private static final int MOST_PROBLEMS = 20;

    private final Histogram lateness = Percentiles.histogram();
    private final Histogram latency = Percentiles.histogram();
    private final Histogram firstToken = Percentiles.histogram();
    private final Map<String, Integer> problems = new TreeMap<>();
    private int sent;
    private int answered;
    private long promptTokens;
    private long cachedTokens;
    private long generatedTokens;

    synchronized void add(Exchange<TraceRequest> exchange) {
        sent++;
        lateness.recordValue(Math.max(0, exchange.latenessNanos()));
        Answer answer = exchange.answer();
        String problem = problem(exchange.request().line(), answer);
        Answer.Usage usage = answer.usage();
        if (usage != null) {
            promptTokens += usage.prompt();
            cachedTokens += usage.cached();
            generatedTokens += usage.completion();
        }
        if (problem.isEmpty()) {
            answered++;
            latency.recordValue(exchange.latencyNanos());
            if (exchange.firstTokenNanos() >= 0) {
                firstToken.recordValue(exchange.firstTokenNanos());
            }
        } else if (problems.size() < MOST_PROBLEMS || problems.containsKey(problem)) {
            problems.merge(problem, 1, Integer::sum);
        }
    }

    private static String problem(TraceLine line, Answer answer) {
        if (!answer.came() || answer.status() != Answer.OK) {
            return answer.status() + ": " + answer.problem();
        }
        Answer.Usage usage = answer.usage();
        return usage == null || usage.completion() == line.outputLength()
                ? ""
                : "%d tokens instead of %d".formatted(usage.completion(), line.outputLength());
    }

    synchronized TraceReport report(
            Load load, String model, long seed, List<TraceRequest> trace, double seconds) {
        double traceSeconds = trace.isEmpty() ? 0 : trace.getLast().offsetNanos() / 1e9;
        return new TraceReport(
                load.server().toString(),
                model,
                load.speed().toString(),
                seed,
                traceSeconds,
                seconds,
                load.connections(),
                sent,
                answered,
                promptTokens,
                cachedTokens,
                generatedTokens,
                Percentiles.of(lateness),
                Percentiles.of(latency),
                Percentiles.of(firstToken),
                Map.copyOf(problems));
    }
}
