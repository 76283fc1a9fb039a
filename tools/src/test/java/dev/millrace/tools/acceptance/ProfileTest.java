package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Where the time of requests went, by a flight recording, by a journal and by a running server. */
class ProfileTest {
    private static final List<String> EVENTS =
            List.of(
                    "millrace.Request",
                    "millrace.Refusal",
                    "millrace.Step",
                    "millrace.JournalWrite",
                    "jdk.GCPhasePause");

    private static final int REQUESTS = 12;

    @TempDir Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldDivideEveryRequestIntoStages() throws Exception {
        Path journal = folder.resolve("journal");
        Path recorded = folder.resolve("run.jfr");
        try (RunningServer server = Setup.recordingTo(journal).start();
                var recording = new Recording()) {
            for (String event : EVENTS) {
                recording.enable(event).withThreshold(Duration.ZERO);
            }
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.start();
            load(server.client());
            server.client().post("/v1/completions", "{}");
            server.awaitIdle();
            recording.stop();
            recording.dump(recorded);
        }
        Path page = folder.resolve("page.html");

        JsonNode flight = json("profile", "report", recorded.toString(), "--json");
        JsonNode journalled = json("profile", "report", journal.toString(), "--json");
        String text = millrace(0, "profile", "report", recorded.toString(), "--html", page + "");

        for (JsonNode profile : List.of(flight, journalled)) {
            assertThat(profile.path("requests").asInt()).isEqualTo(REQUESTS + 1);
            assertThat(profile.path("statuses").path("ok").asInt()).isEqualTo(REQUESTS);
            assertThat(profile.path("statuses").path("invalid").asInt()).isEqualTo(1);
            assertThat(profile.path("first_token").path("count").asInt()).isEqualTo(REQUESTS);
            assertThat(profile.path("lanes").path(DemoModelTest.MODEL).path("count").asInt())
                    .isGreaterThanOrEqualTo(24);
            JsonNode slowest = profile.path("slowest").path(0);
            long sum =
                    slowest.path("stages")
                            .valueStream()
                            .flatMapToLong(stage -> LongStream.of(stage.asLong()))
                            .sum();
            assertThat(sum).isPositive().isEqualTo(slowest.path("total").asLong());
            assertThat(slowest.path("waits").toString()).contains("steps");
        }
        assertThat(ids(flight)).containsExactlyInAnyOrderElementsOf(ids(journalled));
        assertThat(flight.path("journal").path("writes").path("count").asInt())
                .isGreaterThanOrEqualTo(REQUESTS + 1);
        assertThat(flight.path("refusals").path("invalid at decode").asInt()).isEqualTo(1);
        assertThat(text).contains("journal: ", " records and ", "refused: 1 invalid at decode");
        assertThat(text).contains("13 requests", "infer", "lane austen-2.8m", "slowest");
        assertThat(Files.readString(page))
                .contains("Where the time went", "The slowest requests", ids(flight).getFirst())
                .doesNotContain("<script", "http://", "https://");
    }

    @Test
    void shouldFollowARunningServer() throws Exception {
        Path recorded = folder.resolve("live.jfr");
        try (var server = ChildServer.start(folder)) {
            CompletableFuture<String> live =
                    CompletableFuture.supplyAsync(() ->
                            millrace(
                                    0,
                                    "profile",
                                    "live",
                                    server.pid() + "",
                                    "--plain",
                                    "--seconds",
                                    "5",
                                    "--out",
                                    recorded + ""));
            while (!live.isDone()) {
                server.client().post("/v1/completions", completion(0));
            }
            assertThat(live.get())
                    .containsPattern("[1-9][0-9]* requests/s")
                    .contains("lane austen");
        }
        JsonNode kept = json("profile", "report", recorded.toString(), "--json");
        assertThat(kept.path("requests").asInt()).isPositive();
        assertThat(kept.path("seconds").asDouble()).isGreaterThan(2.5);
    }

    @Test
    void shouldFollowAServerElsewhere() throws Exception {
        try (RunningServer server = Setup.recordingTo(folder.resolve("journal")).start()) {
            String url = "http://127.0.0.1:" + server.port();
            CompletableFuture<String> live =
                    CompletableFuture.supplyAsync(
                            () -> millrace(0, "profile", "live", url, "--plain", "--seconds", "2"));
            while (!live.isDone()) {
                server.client().post("/v1/completions", completion(0));
            }
            assertThat(live.get())
                    .containsPattern("[1-9][0-9]* requests/s")
                    .containsPattern("infer +[0-9.]+ +[0-9.]+ +[0-9.]+ +#+");
        }
    }

    @Test
    void shouldRefuseWhatIsNoProfile() throws Exception {
        Path text = Files.writeString(folder.resolve("text"), "no recording");

        millrace(2, "profile", "report", text.toString());
        millrace(2, "profile", "report", folder.toString());
        millrace(2, "profile", "live", "999999999");
        millrace(2, "profile", "live", "1", "--out", "x.jfr");
        millrace(2, "profile", "live", "http://127.0.0.1:1", "--seconds", "1", "--out", "x.jfr");
        millrace(2, "profile", "live", "http://127.0.0.1:1");
        millrace(2, "profile", "live", "http://", "--plain");
        millrace(2, "profile", "live", "here");

        assertThat(err.toString())
                .contains("a flight recording (.jfr) or the folder of a journal")
                .contains("a journal: ")
                .contains("the process id of a running Millrace server")
                .contains("--seconds N as well")
                .contains("a PID, not a URL")
                .contains("a Millrace server that answers /metrics")
                .contains("'here'", "a process id, or http://HOST:PORT");
    }

    private static String completion(int number) {
        return DemoModelTest.completion("Emma " + number, 24, "{}");
    }

    private static void load(Client client) {
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < REQUESTS; i++) {
                String body = completion(i);
                clients.execute(() -> client.post("/v1/completions", body));
            }
        }
    }

    private static List<String> ids(JsonNode profile) {
        List<String> ids = new ArrayList<>();
        profile.path("slowest").forEach(one -> ids.add(one.path("request").asString()));
        return ids;
    }

    private JsonNode json(String... words) {
        return Json.parse(millrace(0, words));
    }

    private String millrace(int exitCode, String... words) {
        var said = new StringWriter();
        int code =
                Main.commandLine()
                        .setOut(new PrintWriter(said))
                        .setErr(new PrintWriter(err))
                        .execute(words);
        out.append(said.toString());
        assertThat(code).as("%s%s", out, err).isEqualTo(exitCode);
        return said.toString();
    }
}
