package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StreamsTest {
    private EchoServer server;

    @BeforeEach
    void start() throws IOException {
        server = new EchoServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String expected(int parts, int bytes) {
        var text = new StringBuilder();
        for (int i = 1; i <= parts; i++) {
            text.append(String.valueOf((char) ('a' + i % 26)).repeat(bytes));
        }
        return text.toString();
    }

    @Test
    void shouldStreamPartsInOrderAndKeepTheConnection() throws IOException {
        try (var client = new RawClient(server)) {
            for (int i = 0; i < 5; i++) {
                var answer =
                        client.send(RawClient.post("/v1/completions", "stream 200 7")).answer();
                assertThat(answer.header("transfer-encoding")).isEqualTo("chunked");
                assertThat(answer.header("content-length")).isEmpty();
                assertThat(answer.text()).isEqualTo(expected(200, 7));
            }
        }
    }

    @Test
    void shouldStreamToManyAtOnce() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        // As many as the ring has slots: one more may be refused before the lane has run.
        for (int i = 0; i < EchoServer.RING.slots(); i++) {
            clients.add(
                    new RawClient(server).send(RawClient.post("/v1/completions", "stream 300 9")));
        }
        for (RawClient client : clients) {
            assertThat(client.answer().text()).isEqualTo(expected(300, 9));
            client.close();
        }
    }

    @Test
    void shouldResumeAnAnswerThatTheSocketDidNotTakeAtOnce() throws IOException {
        String body = expected(500, 2000);
        try (var client = new RawClient(server, 64 << 10)) {
            client.send(RawClient.post("/v1/completions", body));
            assertThat(client.answer().text()).isEqualTo(body);
            client.send(RawClient.post("/v1/completions", "next"));
            assertThat(client.answer().text()).isEqualTo("next");
        }
    }

    @Test
    void shouldDropAReaderThatIsTooSlowAndNobodyElse() throws IOException {
        try (var slow = new RawClient(server, 4 << 10)) {
            slow.send(RawClient.post("/v1/completions", "stream 0 100000"));
            await().until(() -> server.count(Counter.SLOW_READERS_DROPPED) == 1);
            await().until(() -> server.lane.cancelled.size() == 1);
            try (var quick = new RawClient(server)) {
                quick.send(RawClient.post("/v1/completions", "stream 9 4"));
                assertThat(quick.answer().text()).isEqualTo(expected(9, 4));
            }
            server.awaitQuiet();
        }
    }
}
