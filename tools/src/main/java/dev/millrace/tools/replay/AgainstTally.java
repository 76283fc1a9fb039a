package dev.millrace.tools.replay;

import dev.millrace.tools.load.Answer;
import dev.millrace.tools.load.Exchange;
import dev.millrace.tools.load.Load;
import dev.millrace.tools.load.Percentiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** Counts answers as they come, from any thread. */
final class AgainstTally {
    private static final int MOST_DIFFERENCES = 20;

    private final AnswerComparison comparison;
    private final Map<String, ModelTally> models = new TreeMap<>();
    private final Map<String, Integer> notComparable = new TreeMap<>();
    private final List<AgainstReport.Difference> differences = new ArrayList<>();
    private final Histogram lateness = Percentiles.histogram();

    /** Of one model. */
    private static final class ModelTally {
        private final Histogram recordedLatency = Percentiles.histogram();
        private final Histogram replayedLatency = Percentiles.histogram();
        private final Histogram recordedFirst = Percentiles.histogram();
        private final Histogram replayedFirst = Percentiles.histogram();
        private int sent;
        private int answered;
        private int sameStatus;
        private int compared;
        private int sameAnswer;
        private int textUnknown;
        private double maxDifference;

        void add(Exchange<PastRequest> exchange, AnswerVerdict verdict) {
            PastRequest request = exchange.request();
            Answer answer = exchange.answer();
            sent++;
            answered += answer.came() ? 1 : 0;
            boolean statusSame = answer.came() && answer.status() == request.answer().status();
            sameStatus += statusSame ? 1 : 0;
            compared += verdict.kind() == AnswerVerdict.Kind.NOT_COMPARABLE ? 0 : 1;
            sameAnswer += verdict.kind() == AnswerVerdict.Kind.SAME ? 1 : 0;
            textUnknown += verdict.textUnknown() ? 1 : 0;
            maxDifference = Math.max(maxDifference, verdict.maxDifference());
            if (statusSame && answer.status() == Answer.OK) {
                recordedLatency.recordValue(Math.max(0, request.latencyNanos()));
                replayedLatency.recordValue(exchange.latencyNanos());
                boolean both = request.firstTokenNanos() >= 0 && exchange.firstTokenNanos() >= 0;
                if (request.fields().stream() && both) {
                    recordedFirst.recordValue(request.firstTokenNanos());
                    replayedFirst.recordValue(exchange.firstTokenNanos());
                }
            }
        }

        AgainstReport.Model report(String name) {
            return new AgainstReport.Model(
                    name,
                    sent,
                    answered,
                    sameStatus,
                    compared,
                    sameAnswer,
                    textUnknown,
                    maxDifference,
                    times(recordedLatency, recordedFirst),
                    times(replayedLatency, replayedFirst));
        }

        private static AgainstReport.Times times(Histogram latency, Histogram first) {
            return new AgainstReport.Times(Percentiles.of(latency), Percentiles.of(first));
        }
    }

    AgainstTally(AnswerComparison comparison) {
        this.comparison = comparison;
    }

    void add(Exchange<PastRequest> exchange) {
        AnswerVerdict verdict = comparison.compare(exchange);
        PastRequest request = exchange.request();
        synchronized (this) {
            lateness.recordValue(Math.max(0, exchange.latenessNanos()));
            models.computeIfAbsent(request.model(), any -> new ModelTally()).add(exchange, verdict);
            switch (verdict.kind()) {
                case SAME -> {
                    // Counted with its model.
                }
                case NOT_COMPARABLE -> notComparable.merge(verdict.what(), 1, Integer::sum);
                case DIFFERENT -> {
                    if (differences.size() < MOST_DIFFERENCES) {
                        differences.add(AgainstReport.Difference.of(request, verdict.what()));
                    }
                }
            }
        }
    }

    /**
     * @param recordedSeconds from the first request on record to the last
     * @param seconds that sending them again took
     */
    synchronized AgainstReport report(Load load, double recordedSeconds, double seconds) {
        List<AgainstReport.Model> reported = new ArrayList<>();
        models.forEach((name, tally) -> reported.add(tally.report(name)));
        return new AgainstReport(
                load.server().toString(),
                load.speed().toString(),
                recordedSeconds,
                seconds,
                load.connections(),
                Percentiles.of(lateness),
                differences.isEmpty(),
                reported,
                Map.copyOf(notComparable),
                List.copyOf(differences));
    }
}
