package dev.millrace.tools.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long requests spent in each stage, as the server's own {@code /metrics} say: what was counted
 * between two looks. Immutable.
 *
 * @param histograms by stage: counts up to each bound in seconds, and count and sum
 */
public record StageTimes(Map<String, Map<Double, Double>> histograms) {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final double COUNT = -1;
    private static final double SUM = -2;
    private static final Pattern LINE =
            Pattern.compile(
                    "millrace_stage_duration_seconds_(bucket|count|sum)"
                            + "\\{stage=\"([a-z-]+)\"(?:,le=\"([^\"]+)\")?\\} (\\S+)");

    /**
     * A stage's part; percentiles lie within the bucket they fell into, in proportion.
     *
     * @param count requests that passed it
     */
    public record Stage(long count, double meanMillis, double p50Millis, double p99Millis) {}

    /** What a server says now; nothing where it is none of ours. */
    public static StageTimes of(URI server) throws InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(
                            HttpRequest.newBuilder(server.resolve("/metrics"))
                                    .version(HttpClient.Version.HTTP_1_1)
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return parse(response.statusCode() == 200 ? response.body() : "");
        } catch (IOException e) {
            return parse("");
        }
    }

    public static StageTimes parse(String metrics) {
        Map<String, Map<Double, Double>> histograms = new TreeMap<>();
        metrics.lines()
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .forEach(line ->
                        histograms
                                .computeIfAbsent(line.group(2), _ -> new TreeMap<>())
                                .put(key(line), Double.parseDouble(line.group(4))));
        return new StageTimes(histograms);
    }

    private static double key(Matcher line) {
        return switch (line.group(1)) {
            case "count" -> COUNT;
            case "sum" -> SUM;
            default ->
                    line.group(3).equals("+Inf")
                            ? Double.POSITIVE_INFINITY
                            : Double.parseDouble(line.group(3));
        };
    }

    /** Whether the server had nothing of the kind to say. */
    public boolean isEmpty() {
        return histograms.isEmpty();
    }

    /** What was counted since, by stage. */
    public Map<String, Stage> since(StageTimes before) {
        Map<String, Stage> stages = new TreeMap<>();
        histograms.forEach((stage, now) -> {
            Map<Double, Double> then = before.histograms.getOrDefault(stage, Map.of());
            Map<Double, Double> counted = new TreeMap<>();
            now.forEach(
                    (bound, value) -> counted.put(bound, value - then.getOrDefault(bound, 0.0)));
            double count = counted.getOrDefault(COUNT, 0.0);
            if (count > 0) {
                stages.put(
                        stage,
                        new Stage(
                                Math.round(count),
                                1e3 * counted.getOrDefault(SUM, 0.0) / count,
                                quantile(counted, 0.5 * count),
                                quantile(counted, 0.99 * count)));
            }
        });
        return stages;
    }

    private static double quantile(Map<Double, Double> counted, double rank) {
        double lower = 0;
        double below = 0;
        for (Map.Entry<Double, Double> bucket : counted.entrySet()) {
            double bound = bucket.getKey();
            if (bound >= 0 && bucket.getValue() >= rank) {
                double inside = bucket.getValue() - below;
                double part = inside == 0 ? 1 : (rank - below) / inside;
                return 1e3 * (Double.isInfinite(bound) ? lower : lower + part * (bound - lower));
            }
            if (bound >= 0) {
                lower = bound;
                below = bucket.getValue();
            }
        }
        return 1e3 * lower;
    }
}
