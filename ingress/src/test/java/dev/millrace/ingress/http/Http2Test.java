package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Http2Test {
    private EchoServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws Exception {
        server = new EchoServer();
        client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        // The first request upgrades the connection.
        var first = client.send(request("/v2/health/live").GET().build(), BodyHandlers.ofString());
        assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(first.body()).isEqualTo("{\"live\":true}");
    }

    @AfterEach
    void stop() {
        client.shutdownNow();
        client.close();
        server.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }

    private HttpRequest post(String body) {
        return request("/v1/completions").POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }

    @Test
    void shouldEchoBodiesOfEverySize() throws Exception {
        for (int size : new int[] {0, 1, 1024, 1025, 70_000, 1 << 20}) {
            String body = "z".repeat(size);
            HttpResponse<String> answer = client.send(post(body), BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(body);
        }
    }

    @Test
    void shouldServeManyStreamsOfOneConnection() {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(client.sendAsync(post("stream 100 10"), BodyHandlers.ofString()));
        }
        for (var answer : answers) {
            assertThat(answer.join().body()).hasSize(1000);
        }
    }

    @Test
    void shouldRefuseInItsDialect() throws Exception {
        var answer = client.send(request("/v2/nothing").GET().build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("{\"error\":\"unknown path /v2/nothing\"}");
        var large = client.sendAsync(post("z".repeat((1 << 20) + 1)), BodyHandlers.ofString());
        assertThat(large.handle((ok, reset) -> ok == null || ok.statusCode() == 413).join())
                .isTrue();
        assertThat(client.send(post("fine"), BodyHandlers.ofString()).body()).isEqualTo("fine");
    }

    @Test
    void shouldCancelAStreamThatIsReset() throws Exception {
        HttpResponse<InputStream> answer =
                client.send(post("stream 0 10"), BodyHandlers.ofInputStream());
        assertThat(answer.body().read()).isPositive();
        answer.body().close();
        await().until(() -> server.lane.cancelled.size() == 1);
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isEqualTo(1);
        assertThat(client.send(post("fine"), BodyHandlers.ofString()).body()).isEqualTo("fine");
    }

    @Test
    void shouldCancelARequestThatIsResetWhileItWaits() throws Exception {
        var answer = client.sendAsync(post("hold"), BodyHandlers.ofString());
        await().until(() -> server.lane.load() == 1);
        assertThat(answer.cancel(true)).isTrue();
        await().until(() -> server.lane.cancelled.size() == 1);
        assertThat(client.send(post("fine"), BodyHandlers.ofString()).body()).isEqualTo("fine");
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isEqualTo(1);
    }

    @Test
    void shouldCancelEveryStreamOfAConnectionThatCloses() throws Exception {
        for (int i = 0; i < 3; i++) {
            var _ = client.sendAsync(post("hold"), BodyHandlers.ofString());
        }
        await().until(() -> server.lane.load() == 3);
        client.shutdownNow();
        await().until(() -> server.lane.cancelled.size() == 3);
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isEqualTo(3);
    }
}
