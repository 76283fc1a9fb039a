package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BodiesTest {
    private EchoServer server;

    @BeforeEach
    void start() throws IOException {
        server = new EchoServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String text(int bytes) {
        var text = new StringBuilder(bytes);
        for (int i = 0; i < bytes; i++) {
            text.append((char) ('0' + i * 7 % 75));
        }
        return text.toString();
    }

    private static String chunked(String... chunks) {
        var body =
                new StringBuilder(
                        RawClient.request("POST", "/v1/completions", "Transfer-Encoding: chunked"));
        for (String chunk : chunks) {
            body.append(Integer.toHexString(chunk.length())).append("\r\n");
            body.append(chunk).append("\r\n");
        }
        return body.append("0\r\n\r\n").toString();
    }

    @Test
    void shouldEchoAWholeBodyAndKeepTheConnection() throws IOException {
        try (var client = new RawClient(server)) {
            for (int i = 0; i < 20; i++) {
                var answer = client.send(RawClient.post("/v1/completions", "hi " + i)).answer();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.text()).isEqualTo("hi " + i);
                assertThat(answer.header("content-type")).isEqualTo("application/octet-stream");
                assertThat(answer.header("connection")).isEmpty();
            }
        }
    }

    @Test
    void shouldTellAClientOfAnOlderVersionThatItsConnectionIsKept() throws IOException {
        String asked =
                RawClient.post("/v1/completions", "hi", "Connection: keep-alive")
                        .replace("HTTP/1.1", "HTTP/1.0");
        try (var client = new RawClient(server)) {
            for (int i = 0; i < 3; i++) {
                var answer = client.send(asked).answer();
                assertThat(answer.text()).isEqualTo("hi");
                assertThat(answer.header("connection")).isEqualTo("keep-alive");
            }
            String last = asked.replace("keep-alive", "close");
            assertThat(client.send(last).answer().header("connection")).isEqualTo("close");
        }
    }

    @Test
    void shouldTakeBodiesOfEverySizeAroundTheSlot() throws IOException {
        try (var client = new RawClient(server)) {
            for (int size : new int[] {0, 1, 1023, 1024, 1025, 5000, 70_000, 1 << 20}) {
                String body = text(size);
                assertThat(client.send(RawClient.post("/v1/completions", body)).answer().text())
                        .isEqualTo(body);
                assertThat(
                                client.send(
                                                chunked(
                                                        body.isEmpty()
                                                                ? new String[0]
                                                                : new String[] {body}))
                                        .answer()
                                        .text())
                        .isEqualTo(body);
            }
        }
    }

    @Test
    void shouldTakeABodyThatComesInPieces() throws IOException {
        for (int size : new int[] {40, 1024, 1025, 3000}) {
            String request = RawClient.post("/v1/completions", text(size));
            try (var client = new RawClient(server)) {
                int half = request.length() - size / 2;
                client.send(request.substring(0, half));
                // Another client's answer proves that the first half was looked at.
                try (var other = new RawClient(server)) {
                    other.send(RawClient.post("/v1/completions", "other"));
                    assertThat(other.answer().text()).isEqualTo("other");
                }
                assertThat(client.send(request.substring(half)).answer().text())
                        .isEqualTo(text(size));
            }
        }
    }

    @Test
    void shouldTakeChunksThatOutgrowTheSlotInPieces() throws IOException {
        try (var client = new RawClient(server)) {
            String request = chunked(text(900), text(900), text(1));
            for (int at = 0; at < request.length(); at += 300) {
                client.send(request.substring(at, Math.min(request.length(), at + 300)));
            }
            assertThat(client.answer().text()).isEqualTo(text(900) + text(900) + text(1));
        }
    }

    @Test
    void shouldAnswerPipelinedRequestsInOrder() throws IOException {
        try (var client = new RawClient(server)) {
            var all = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                all.append(RawClient.post("/v1/completions", "request " + i));
            }
            client.send(all.toString());
            for (int i = 0; i < 50; i++) {
                assertThat(client.answer().text()).isEqualTo("request " + i);
            }
        }
    }

    @Test
    void shouldSendTheWordBeforeTheBody() throws IOException {
        try (var client = new RawClient(server)) {
            String request = RawClient.post("/v1/completions", "patience", "Expect: 100-continue");
            int head = request.length() - "patience".length();
            assertThat(client.send(request.substring(0, head)).answer().status()).isEqualTo(100);
            assertThat(client.send("patience").answer().text()).isEqualTo("patience");
        }
    }

    @Test
    void shouldRefuseATooLongBodyUnread() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(
                    RawClient.request("POST", "/v1/chat/completions", "Content-Length: 99999999"));
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.text()).contains("\"code\":\"request_too_large\"", "1048576");
            assertThat(answer.header("connection")).isEqualTo("close");
        }
        try (var client = new RawClient(server)) {
            client.send(
                    RawClient.request(
                            "POST", "/v1/completions", "Content-Length: 999999999999999999"));
            assertThat(client.answer().status()).isEqualTo(413);
        }
    }

    @Test
    void shouldRefuseChunksPastTheLimitAndStillBeHeard() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(chunked(text(700_000), text(700_000)));
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void shouldRefuseACompressedBody() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(
                    RawClient.request(
                                    "POST",
                                    "/v1/completions",
                                    "Content-Encoding: gzip",
                                    "Content-Length: 2")
                            + "{}");
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(415);
            assertThat(answer.text()).contains("Content-Encoding", "gzip", "identity");
        }
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "next"));
            assertThat(client.answer().text()).isEqualTo("next");
        }
    }

    @Test
    void shouldGiveUpOnASlowSender() throws IOException {
        for (int length : new int[] {100, 5000}) {
            try (var client = new RawClient(server)) {
                client.send(
                        RawClient.request(
                                        "POST",
                                        "/v2/models/mnist/infer",
                                        "Content-Length: " + length)
                                + "part");
                var answer = client.answer();
                assertThat(answer.status()).isEqualTo(408);
                assertThat(answer.text())
                        .isEqualTo("{\"error\":\"body did not arrive within 1000 ms\"}");
                assertThat(client.ended()).isTrue();
            }
        }
    }

    @Test
    void shouldForgetATruncatedBody() throws IOException {
        for (int length : new int[] {100, 5000}) {
            for (int i = 0; i < 10; i++) {
                try (var client = new RawClient(server)) {
                    client.send(
                            RawClient.request(
                                            "POST", "/v1/completions", "Content-Length: " + length)
                                    + "part");
                }
            }
        }
        server.awaitQuiet();
        assertThat(server.count(Counter.REQUESTS_PUBLISHED)).isZero();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isZero();
    }

    @Test
    void shouldRefuseLargeBodiesWhileTheirBuffersAreTaken() throws IOException {
        String request = RawClient.post("/v1/completions", text(3000));
        try (var first = new RawClient(server);
                var second = new RawClient(server);
                var third = new RawClient(server)) {
            first.send(request.substring(0, 500));
            second.send(request.substring(0, 500));
            await().until(() -> server.rings.requestBuffers().inUse() == 2);
            var refused = third.send(request).answer();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(first.send(request.substring(500)).answer().status()).isEqualTo(200);
            assertThat(second.send(request.substring(500)).answer().status()).isEqualTo(200);
            assertThat(third.send(request).answer().text()).isEqualTo(text(3000));
        }
    }
}
