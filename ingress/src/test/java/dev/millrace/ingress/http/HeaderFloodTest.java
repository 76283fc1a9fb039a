package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeaderFloodTest {
    private EchoServer server;

    @BeforeEach
    void start() throws IOException {
        server = new EchoServer();
    }

    @AfterEach
    void stop() throws IOException {
        try (var good = new RawClient(server)) {
            assertThat(good.send(RawClient.post("/v1/completions", "still here")).answer().text())
                    .isEqualTo("still here");
        }
        server.close();
    }

    private static String[] headers(int count, int valueBytes) {
        return IntStream.range(0, count)
                .mapToObj(i -> "X-" + i + ": " + "v".repeat(valueBytes))
                .toArray(String[]::new);
    }

    @Test
    void shouldSayWhichLimitIsPassed() throws IOException {
        try (var client = new RawClient(server)) {
            var many = client.send(RawClient.get("/v1/models", headers(60, 1))).answer();
            assertThat(many.status()).isEqualTo(431);
            assertThat(many.text()).contains("61 headers; at most 50");
            var large = client.send(RawClient.get("/v2", headers(10, 1000))).answer();
            assertThat(large.status()).isEqualTo(431);
            assertThat(large.text()).startsWith("{\"error\":\"").contains("at most 8192");
            var path = client.send(RawClient.get("/" + "p".repeat(9000))).answer();
            assertThat(path.status()).isEqualTo(431);
        }
    }

    @Test
    void shouldSurviveFloods() throws IOException {
        for (String flood :
                new String[] {
                    RawClient.get("/v1/models", headers(2000, 1)),
                    RawClient.get("/v1/models", headers(1, 60_000)),
                    RawClient.get("/" + "p".repeat(60_000)),
                    "\u0000\u0001\u0002 nonsense\r\n\r\n",
                    "GET / HTTP/9.9\r\n\r\n",
                    "POST /v1/completions HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                    "POST /v1/completions HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                }) {
            try (var client = new RawClient(server)) {
                client.send(flood);
                assertThat(client.answer().status()).isIn(400, 413, 431);
                assertThat(client.ended()).isTrue();
            }
        }
    }
}
