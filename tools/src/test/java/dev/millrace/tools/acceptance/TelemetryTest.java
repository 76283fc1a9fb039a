package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ringbuffer.Stage;
import dev.millrace.ringbuffer.Stamps;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Every microsecond of a request belongs to a named stage, wherever one looks. */
class TelemetryTest {
    private static final Golden.Continuation GOLDEN = Golden.austen().getFirst();
    private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private static final String REQUEST = DemoModelTest.completion(GOLDEN.prompt(), 8, "{}");

    /** A line of Prometheus' text format, version 0.0.4. */
    private static final Pattern SAMPLE =
            Pattern.compile(
                    "[a-zA-Z_:][a-zA-Z0-9_:]*"
                            + "(\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\.)*\",?)*\\})?"
                            + " (NaN|[+-]Inf|[-+0-9.eE]+)( \\d+)?");

    @TempDir Path folder;

    @Test
    void shouldExposeAHistogramPerStage() {
        try (RunningServer server = Setup.recordingTo(folder).start()) {
            server.client().post("/v1/completions", REQUEST);
            server.client().post("/v1/completions", "{}");
            server.awaitIdle();

            Answer metrics = server.client().get("/metrics");

            assertThat(metrics.status()).isEqualTo(200);
            assertThat(metrics.header("content-type")).startsWith("text/plain");
            List<String> samples =
                    metrics.text().lines().filter(line -> !line.startsWith("#")).toList();
            assertThat(samples).isNotEmpty().allMatch(line -> SAMPLE.matcher(line).matches());
            for (Stage stage : Stamps.PARTITION) {
                assertThat(samples)
                        .as("histogram of %s", stage)
                        .anyMatch(line ->
                                line.contains("_bucket{")
                                        && line.contains("stage=\"" + stage.label() + "\"")
                                        && !line.endsWith(" 0"));
            }
            assertThat(value(samples, "millrace_requests_published_total")).isEqualTo(2);
            assertThat(value(samples, "millrace_generated_tokens_total")).isEqualTo(8);
            assertThat(value(samples, "millrace_in_flight_requests")).isZero();
        }
    }

    @Test
    void shouldSayWhatEachStageTookWhereTheClientAsks() {
        try (RunningServer server = Setup.recordingTo(folder).start()) {
            Answer plain = server.client().post("/v1/completions", REQUEST);
            Answer timed =
                    server.client()
                            .send(
                                    server.client()
                                            .request("/v1/completions")
                                            .header("x-timings", "true")
                                            .POST(BodyPublishers.ofString(REQUEST))
                                            .build());
            String options = "{\"stream\":true,\"stream_options\":{\"include_timings\":true}}";
            List<JsonNode> stream =
                    server.client().stream("/v1/completions", Json.with(REQUEST, options));

            assertThat(plain.headers().firstValue("server-timing")).isEmpty();
            double sum = 0;
            for (String stage : timed.header("server-timing").split(", ", -1)) {
                assertThat(stage).matches("[a-z-]+;dur=\\d+\\.\\d{3}");
                sum += Double.parseDouble(stage.substring(stage.indexOf('=') + 1));
            }
            assertThat(Double.parseDouble(timed.header("x-total-time")))
                    .isCloseTo(sum, within(0.01));
            assertThat(timed.header("server-timing"))
                    .contains("queue;dur=" + timed.header("x-queue-time"))
                    .contains("infer;dur=" + timed.header("x-inference-time"))
                    .contains("decode;dur=" + timed.header("x-tokenization-time"));
            JsonNode timings = stream.getLast().path("timings");
            assertThat(timings.path("infer").asDouble()).isPositive();
            assertThat(timings.path("first_token").asDouble())
                    .isBetween(1e-6, timings.path("total").asDouble());
        }
    }

    @Test
    void shouldExposeWhatTheVirtualMachineDoes() throws Exception {
        try (var server = ChildServer.start(folder)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> {
                        List<String> samples =
                                server.client().get("/metrics").text().lines().toList();
                        assertThat(value(samples, "millrace_machine_cpu")).isPositive();
                        assertThat(samples)
                                .anyMatch(line ->
                                        line.startsWith("millrace_allocated_bytes_total{thread=")
                                                && line.contains("front"))
                                .anyMatch(
                                        line -> line.startsWith("millrace_gc_pause_seconds_count"))
                                .anyMatch(line ->
                                        line.startsWith("millrace_safepoint_pause_seconds_count"));
                    });
        }
    }

    private static double value(List<String> samples, String name) {
        return samples.stream()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void shouldRecordAnEventPerRequestWhoseStagesSumToTheTotal() throws IOException {
        Path file = folder.resolve("requests.jfr");
        try (RunningServer server = Setup.recordingTo(folder.resolve("journal")).start();
                var recording = new Recording()) {
            recording.enable("millrace.Request").withThreshold(Duration.ZERO);
            recording.enable("millrace.Step").withThreshold(Duration.ZERO);
            recording.start();
            server.client().post("/v1/completions", REQUEST);
            server.client().stream("/v1/completions", Json.with(REQUEST, "{\"stream\":true}"));
            server.client().post("/v1/completions", "{}");
            server.awaitIdle();
            recording.stop();
            recording.dump(file);
        }

        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        List<RecordedEvent> requests = named(events, "millrace.Request");
        assertThat(requests).hasSize(3);
        for (RecordedEvent request : requests) {
            long sum = Stamps.PARTITION.stream().mapToLong(stage -> nanos(request, stage)).sum();
            assertThat(sum).as("%s", request).isPositive().isEqualTo(request.getLong("total"));
        }
        assertThat(requests.getFirst().getInt("completionTokens")).isEqualTo(8);
        assertThat(requests.getFirst().getInt("promptTokens")).isEqualTo(GOLDEN.promptIds().length);
        assertThat(nanos(requests.getFirst(), Stage.INFER)).isPositive();
        assertThat(requests.getLast().getString("status")).isEqualTo("invalid");
        assertThat(named(events, "millrace.Step")).hasSizeGreaterThanOrEqualTo(16);
    }

    private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
        return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
    }

    /** The field of a stage: {@code rateLimit} for {@code rate-limit}. */
    private static long nanos(RecordedEvent event, Stage stage) {
        String[] words = stage.label().split("-", -1);
        var field = new StringBuilder(words[0]);
        for (int i = 1; i < words.length; i++) {
            field.append(words[i].substring(0, 1).toUpperCase(Locale.ROOT))
                    .append(words[i].substring(1));
        }
        return event.getLong(field.toString());
    }

    @Test
    void shouldLogALineOfJsonPerRequest() throws InterruptedException {
        try (var server =
                ChildServer.start(
                        folder,
                        "--journal",
                        folder.resolve("journal").toString(),
                        "--log-format",
                        "json",
                        "--log-requests")) {
            server.client().post("/v1/completions", REQUEST);
            server.client().post("/v1/completions", "{\"model\":\"a\\\"b\\nc\"}");
            server.terminate();
            assertThat(server.exitCode()).isZero();

            List<JsonNode> lines = server.log().lines().map(Json::parse).toList();

            assertThat(lines).isNotEmpty();
            List<JsonNode> requests =
                    lines.stream()
                            .filter(line ->
                                    line.path("loggerName")
                                            .stringValue("")
                                            .equals("millrace.request"))
                            .toList();
            assertThat(requests).hasSize(2);
            assertThat(requests.getFirst().toString())
                    .contains("\"total_ms\"")
                    .contains("\"infer_ms\"")
                    .contains("austen-2.8m");
        }
    }

    @Test
    void shouldGiveBackTheRequestIdAndTraceOfACaller() {
        try (RunningServer server = Setup.recordingTo(folder).start()) {
            Client client = server.client();
            Answer named =
                    client.send(
                            client.request("/v1/completions")
                                    .header("x-request-id", "emma-1815")
                                    .header("traceparent", TRACE)
                                    .POST(
                                            java.net.http.HttpRequest.BodyPublishers.ofString(
                                                    REQUEST))
                                    .build());

            assertThat(named.header("x-request-id")).isEqualTo("emma-1815");
            assertThat(client.post("/v1/completions", REQUEST).header("x-request-id")).isNotBlank();
            assertThat(client.post("/v1/completions", "{}").header("x-request-id")).isNotBlank();
        }
    }
}
