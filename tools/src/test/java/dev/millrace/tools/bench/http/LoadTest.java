package dev.millrace.tools.bench.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A load says what its requests would have said, whatever the server does meanwhile. */
class LoadTest {
    private static final long STALL_NANOS = 300_000_000;

    private static final String EVENTS =
            """
            data: {"choices":[{"text":"a"}]}

            data: {"choices":[{"text":"b"}]}

            data: {"choices":[],"usage":{"completion_tokens":2}}

            data: [DONE]

            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir private Path folder = Path.of("");
    private Path body = Path.of("");

    @BeforeEach
    void writeBody() throws IOException {
        body = Files.writeString(folder.resolve("body.json"), "{\"a\":1}");
    }

    private int bench(StallingServer server, String... more) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        var arguments = new ArrayList<>(List.of("bench", "http", server.url().toString()));
        arguments.addAll(List.of("--body", body.toString(), "--path", "/x", "--duration", "1"));
        arguments.addAll(List.of("--warm-up", "0", "--connections", "8", "--json"));
        arguments.addAll(List.of(more));
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
    }

    private JsonNode run(int index) {
        return JsonMapper.shared().readTree(out.toString()).path("runs").path(index);
    }

    /**
     * 200 requests a second for a second, all of which stand still for 300 ms: the 60 that were due
     * meanwhile waited 150 ms on average. A client that waited for answers would know of 8.
     */
    @Test
    void shouldShowAPauseInThePercentilesItBelongsTo() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), 60, STALL_NANOS)) {
            assertThat(bench(server, "--rate", "200")).as("%s", err).isZero();
        }
        JsonNode latency = run(0).path("latency");
        assertThat(run(0).path("answered").asInt()).isEqualTo(199);
        assertThat(latency.path("max").asDouble()).isGreaterThan(250);
        assertThat(latency.path("p90").asDouble()).isGreaterThan(100);
        assertThat(latency.path("p99").asDouble()).isGreaterThan(200);
    }

    @Test
    void shouldAskAgainAsSoonAsItIsAnsweredWithoutARate() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), -1, 0)) {
            assertThat(bench(server)).as("%s", err).isZero();
            assertThat(run(0).path("answered").asInt()).isEqualTo(server.answered.get());
        }
        assertThat(run(0).path("offeredPerSecond").asDouble()).isZero();
        assertThat(run(0).path("answered").asInt()).isGreaterThan(8);
        assertThat(run(0).path("stages").isEmpty()).isTrue();
    }

    @Test
    void shouldTimeThePartsOfAStream() throws IOException {
        String chunks =
                "%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
                        .formatted(
                                50,
                                EVENTS.substring(0, 50),
                                EVENTS.length() - 50,
                                EVENTS.substring(50));
        String answer =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                        + chunks;
        try (var server = new StallingServer(answer, -1, 0)) {
            assertThat(bench(server, "--rate", "50", "--arrivals", "poisson")).isZero();
        }
        int answered = run(0).path("answered").asInt();
        assertThat(answered).isPositive();
        assertThat(run(0).path("parts").asInt()).isEqualTo(2 * answered);
        assertThat(run(0).path("firstPart").path("p50").asDouble()).isPositive();
    }

    @Test
    void shouldCountWhatFailed() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(503, "full"), -1, 0)) {
            assertThat(bench(server, "--rate", "50")).isOne();
        }
        assertThat(run(0).path("failures").path("503").asInt()).isEqualTo(49);
        assertThat(run(0).path("problem").asString()).isEqualTo("503: full");
        assertThat(run(0).path("answered").asInt()).isZero();
    }

    @Test
    void shouldConnectAgainWhereTheServerClosesEachConnection() throws IOException {
        String answer = "HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 2\r\n\r\n{}";
        try (var server = new StallingServer(answer, -1, 0)) {
            assertThat(bench(server, "--rate", "50")).as("%s", err).isZero();
        }
        assertThat(run(0).path("answered").asInt()).isEqualTo(49);
        assertThat(run(0).path("failures").isEmpty()).isTrue();
    }

    @Test
    void shouldSearchForTheHighestRateThatHoldsTheGoals() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), -1, 0)) {
            // No server answers in a nanosecond, and any in a minute.
            assertThat(bench(server, "--rate", "20..40", "--slo", "p50=0.000001us")).isOne();
            assertThat(report().path("highestPerSecond").asDouble()).isZero();
            assertThat(bench(server, "--rate", "20..40", "--slo", "max=60s")).isZero();
            assertThat(report().path("highestPerSecond").asDouble()).isEqualTo(40);
            assertThat(report().path("runs").size()).isEqualTo(2);
        }
    }

    private JsonNode report() {
        return JsonMapper.shared().readTree(out.toString());
    }

    @Test
    void shouldGoThroughARangeWithoutGoals() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), -1, 0)) {
            assertThat(bench(server, "--rate", "10..320")).isZero();
        }
        var rates = new ArrayList<Double>();
        report().path("runs").forEach(run -> rates.add(run.path("offeredPerSecond").asDouble()));
        assertThat(rates).hasSize(6).isSorted();
        assertThat(rates.getLast()).isCloseTo(320, within(1e-9));
    }

    @Test
    void shouldCompareWithASavedReportAndWriteAPage() throws IOException {
        Path saved = folder.resolve("saved.json");
        Path page = folder.resolve("page.html");
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), -1, 0)) {
            assertThat(bench(server, "--rate", "50", "--html", page.toString())).isZero();
            String report = out.toString();
            // The same, had every answer taken eleven days: no stall of the machine is as long.
            Files.writeString(saved, percentiles(report, "1e9"));
            assertThat(
                            bench(
                                    server,
                                    "--rate",
                                    "50",
                                    "--baseline",
                                    saved.toString(),
                                    "--tolerance",
                                    "9"))
                    .isZero();
            // The same, had it been a thousand times faster.
            Files.writeString(saved, percentiles(report, "0.0000001"));
            assertThat(bench(server, "--rate", "50", "--baseline", saved.toString())).isOne();
        }
        assertThat(Files.readString(page))
                .contains("<polyline", "POST /x", "The server has no such figures.")
                .doesNotContain("src=", "<script");
    }

    private static String percentiles(String report, String millis) {
        return report.replaceAll("\"(p50|p99)\":[0-9.E-]+", "\"$1\":" + millis);
    }

    @Test
    void shouldRefuseWhatItCannotMeasure() throws IOException {
        try (var server = new StallingServer(StallingServer.plain(200, "{}"), -1, 0)) {
            assertThat(bench(server, "--rate", "fast")).isEqualTo(2);
            assertThat(err.toString()).contains("--rate: 'fast'").contains("100..20000");
            assertThat(bench(server, "--rate", "20..10")).isEqualTo(2);
            assertThat(bench(server, "--slo", "p98=1ms")).isEqualTo(2);
            assertThat(err.toString()).contains("--slo: 'p98=1ms'").contains("p99=5ms");
            assertThat(bench(server, "--rate", "5", "--arrivals", "weekly")).isEqualTo(2);
            assertThat(err.toString()).contains("--arrivals: 'weekly'").contains("poisson");
            assertThat(bench(server, "--baseline", body.toString())).isEqualTo(2);
            assertThat(err.toString()).contains("--baseline").contains("--json");
            assertThat(server.answered.get()).isZero();
        }
    }
}
