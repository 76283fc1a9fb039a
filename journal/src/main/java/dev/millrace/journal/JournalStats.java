package dev.millrace.journal;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a journal says about its traffic: rates, sizes, models, statuses, latency from arrival to
 * the record of the last output. One thread; memory by what was in flight.
 */
public final class JournalStats {
    private static final long MAX_LATENCY_NANOS = TimeUnit.HOURS.toNanos(1);

    /** Distinct models and statuses that are told apart; a journal from strangers may name any. */
    private static final int MAX_NAMES = 1000;

    private static final long MAX_STEP_SIZE = 1L << 31;

    private static final long MAX_RECORDED_BYTES = 1L << 40;

    private static final String OTHERS = "(others)";

    private final RequestLives lives = new RequestLives();
    private final Map<RecordType, Size> byType = new EnumMap<>(RecordType.class);
    private final Map<String, Long> byRoute = new TreeMap<>();
    private final Map<String, Model> byModel = new TreeMap<>();
    private final Map<String, Long> byStatus = new TreeMap<>();
    private final Histogram latency = new Histogram(MAX_LATENCY_NANOS, 3);
    private final Histogram firstToken = new Histogram(MAX_LATENCY_NANOS, 3);
    private final Histogram stepEntries = new Histogram(MAX_STEP_SIZE, 3);
    private final Histogram stepTokens = new Histogram(MAX_STEP_SIZE, 3);
    private final Histogram requestBytes = new Histogram(MAX_RECORDED_BYTES, 3);
    private @Nullable JournalDamage damage;
    private long requests;
    private long bodyBytes;
    private long hashed;
    private long cancels;
    private long firstArrivalNanos = Long.MAX_VALUE;
    private long lastArrivalNanos = Long.MIN_VALUE;

    /** Records of one type. */
    public record Size(long records, long bytes) {}

    /** What one model answered. */
    public record Model(long requests, long promptTokens, long completionTokens) {}

    /** Percentiles of a distribution; all 0 where nothing was recorded. */
    public record Percentiles(long count, long p50, long p90, long p99, long p999, long max) {
        static Percentiles of(Histogram histogram) {
            return new Percentiles(
                    histogram.getTotalCount(),
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(90),
                    histogram.getValueAtPercentile(99),
                    histogram.getValueAtPercentile(99.9),
                    histogram.getMaxValue());
        }
    }

    /**
     * The whole of it.
     *
     * @param bodyBytes of all requests
     * @param hashed records that hold SHA-256 instead of their content
     * @param cancels disconnects on record
     * @param seconds between first and last arrival
     * @param requestsPerSecond over that time; 0 where it is none
     * @param byType records and bytes of each type
     * @param byRoute requests
     * @param byModel requests that a model ended, with their tokens
     * @param byStatus last words by HTTP status, {@code 200} for answers
     * @param latencyNanos arrival to last output
     * @param firstTokenNanos arrival to the record of the first token
     * @param stepEntries of turns that execute something: what they execute together
     * @param stepTokens tokens or rows that they compute
     * @param recordBytes of all records of one request
     */
    public record Report(
            long requests,
            long bodyBytes,
            long hashed,
            long cancels,
            double seconds,
            double requestsPerSecond,
            Map<RecordType, Size> byType,
            Map<String, Long> byRoute,
            Map<String, Model> byModel,
            Map<String, Long> byStatus,
            Percentiles latencyNanos,
            Percentiles firstTokenNanos,
            Percentiles stepEntries,
            Percentiles stepTokens,
            Percentiles recordBytes,
            @Nullable JournalDamage damage) {}

    private JournalStats() {}

    /**
     * @throws JournalException where there is no journal
     */
    public static Report of(Path folder) {
        JournalStats stats = new JournalStats();
        try (JournalReader reader = JournalReader.open(folder)) {
            while (reader.next()) {
                stats.see(reader.record());
            }
            stats.damage = reader.damage();
        }
        return stats.report();
    }

    private void see(JournalRecord record) {
        byType.merge(
                record.type(),
                new Size(1, record.length()),
                (a, b) -> new Size(a.records() + b.records(), a.bytes() + b.bytes()));
        hashed += record.hashed() ? 1 : 0;
        switch (record.type()) {
            case ENVIRONMENT -> lives.abandon();
            case INGRESS -> ingress(IngressRecord.of(record));
            case CANCEL -> cancels++;
            case STEP -> step(StepRecord.of(record));
            default -> {}
        }
        RequestLives.Life life = lives.see(record);
        if (life != null && record.type() == RecordType.OUTPUT_TOKENS) {
            tokens(record, life);
        }
        if (record.last()) {
            last(record, life);
        }
    }

    private void ingress(IngressRecord ingress) {
        requests++;
        bodyBytes += ingress.bodyBytes();
        byRoute.merge(ingress.route().path(), 1L, Long::sum);
        firstArrivalNanos = Math.min(firstArrivalNanos, ingress.arrivalWallNanos());
        lastArrivalNanos = Math.max(lastArrivalNanos, ingress.arrivalWallNanos());
    }

    private void step(StepRecord step) {
        if (step.entryCount() == 0) {
            return;
        }
        long tokens = 0;
        for (int i = 0; i < step.entryCount(); i++) {
            tokens += step.count(i);
        }
        stepEntries.recordValue(step.entryCount());
        stepTokens.recordValue(Math.min(tokens, MAX_STEP_SIZE));
    }

    private void tokens(JournalRecord record, RequestLives.Life life) {
        TokensRecord answer = TokensRecord.of(record);
        if (!life.answering && !answer.prompt() && answer.count() > 0) {
            life.answering = true;
            long nanos = record.clockNanos() - life.arrivalClockNanos;
            firstToken.recordValue(Math.clamp(nanos, 0, MAX_LATENCY_NANOS));
        }
    }

    private void last(JournalRecord record, RequestLives.@Nullable Life life) {
        if (life != null) {
            long nanos = record.clockNanos() - life.arrivalClockNanos;
            latency.recordValue(Math.clamp(nanos, 0, MAX_LATENCY_NANOS));
            requestBytes.recordValue(Math.min(life.bytes, MAX_RECORDED_BYTES));
        }
        byStatus.merge(bounded(byStatus, status(record)), 1L, Long::sum);
        OutputRecord output = OutputRecord.of(record);
        String model = output.model();
        if (model != null) {
            byModel.merge(
                    bounded(byModel, model + ":" + output.modelVersion()),
                    new Model(1, output.promptTokens(), output.completionTokens()),
                    (a, b) ->
                            new Model(
                                    a.requests() + b.requests(),
                                    a.promptTokens() + b.promptTokens(),
                                    a.completionTokens() + b.completionTokens()));
        }
    }

    private static String bounded(Map<String, ?> names, String name) {
        return names.containsKey(name) || names.size() < MAX_NAMES ? name : OTHERS;
    }

    private static String status(JournalRecord last) {
        return last.type() == RecordType.OUTPUT_FAILURE
                ? String.valueOf(FailureRecord.of(last).httpStatus())
                : "200";
    }

    private Report report() {
        double seconds = requests < 2 ? 0 : (lastArrivalNanos - firstArrivalNanos) / 1e9;
        return new Report(
                requests,
                bodyBytes,
                hashed,
                cancels,
                seconds,
                seconds > 0 ? (requests - 1) / seconds : 0,
                byType,
                byRoute,
                byModel,
                byStatus,
                Percentiles.of(latency),
                Percentiles.of(firstToken),
                Percentiles.of(stepEntries),
                Percentiles.of(stepTokens),
                Percentiles.of(requestBytes),
                damage);
    }
}
