package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways a client may use a connection: kept alive, pipelined, many streams on one. */
class ConnectionsTest {
    private static final Golden.Continuation GOLDEN = Golden.austen().getFirst();
    private static final String REQUEST =
            DemoModelTest.completion(GOLDEN.prompt(), GOLDEN.ids().length, "{}");

    @TempDir static Path journal;
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = Setup.recordingTo(journal).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void shouldAnswerPipelinedRequestsInOrder() {
        try (var connection = new RawConnection(server.uri())) {
            String models = "GET /v1/models HTTP/1.1\r\nHost: millrace\r\n\r\n";
            connection.send(
                    RawConnection.post("/v1/completions", REQUEST)
                            + models
                            + RawConnection.post("/v1/completions", "{}")
                            + RawConnection.post("/v1/completions", REQUEST));

            assertThat(connection.readAnswer()).startsWith("HTTP/1.1 200").contains(escaped());
            assertThat(connection.readAnswer()).contains("\"object\":\"list\"");
            assertThat(connection.readAnswer()).startsWith("HTTP/1.1 400").contains("model");
            assertThat(connection.readAnswer()).startsWith("HTTP/1.1 200").contains(escaped());
        }
    }

    private static String escaped() {
        return GOLDEN.text().substring(0, 40);
    }

    @Test
    void shouldKeepAConnectionForFiveHundredRequests() {
        try (var connection = new RawConnection(server.uri())) {
            String small =
                    RawConnection.post(
                            "/v1/completions", DemoModelTest.completion("Emma", 1, "{}"));
            for (int i = 0; i < 500; i++) {
                connection.send(small);
                assertThat(connection.readAnswer()).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void shouldCloseAfterAnAnswerWhenAsked() {
        try (var connection = new RawConnection(server.uri())) {
            connection.send(
                    RawConnection.post("/v1/completions", REQUEST)
                            .replaceFirst("\r\n", "\r\nConnection: close\r\n"));

            assertThat(connection.readAnswer()).contains(escaped());
            assertThat(connection.readUntil("never")).isEmpty();
        }
    }

    @Test
    void shouldSendABodyOnlyWhenTold() {
        try (var connection = new RawConnection(server.uri())) {
            String whole = RawConnection.post("/v1/completions", REQUEST);
            int body = whole.indexOf("\r\n\r\n");
            connection.send(whole.substring(0, body) + "\r\nExpect: 100-continue\r\n\r\n");
            assertThat(connection.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 100 ");

            connection.send(whole.substring(body + 4));

            assertThat(connection.readAnswer()).contains(escaped());
        }
    }

    @Test
    void shouldServeManyStreamsOnOneHttp2Connection() throws Exception {
        try (var client = new Client(server.uri(), HttpClient.Version.HTTP_2)) {
            assertThat(client.exchange(client.request("/v1/models").GET().build()).version())
                    .isEqualTo(HttpClient.Version.HTTP_2);
            try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
                for (int i = 0; i < 16; i++) {
                    String request = i % 2 == 0 ? REQUEST : Json.with(REQUEST, "{\"stream\":true}");
                    answers.add(
                            callers.submit(() ->
                                    client.exchange(
                                            client.request("/v1/completions")
                                                    .POST(BodyPublishers.ofString(request))
                                                    .build())));
                }
                for (int i = 0; i < answers.size(); i++) {
                    HttpResponse<byte[]> answer = answers.get(i).get();
                    String body = new String(answer.body(), StandardCharsets.UTF_8);
                    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                    String text =
                            i % 2 == 0
                                    ? Json.parse(body)
                                            .path("choices")
                                            .path(0)
                                            .path("text")
                                            .stringValue()
                                    : Sse.completionText(Sse.chunks(body));
                    assertThat(text).isEqualTo(GOLDEN.text());
                }
            }
        }
    }

    @Test
    void shouldUpgradeToHttp2OnARequestWithABody() {
        try (var client = new Client(server.uri(), HttpClient.Version.HTTP_2)) {
            HttpResponse<byte[]> answer =
                    client.exchange(
                            client.request("/v1/completions")
                                    .POST(BodyPublishers.ofString(REQUEST))
                                    .build());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains(escaped());
        }
    }
}
