package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private EchoServer server;
    private RawClient client;

    @BeforeEach
    void start() throws IOException {
        server = new EchoServer();
        client = new RawClient(server);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    private RawClient.Answer get(String path) throws IOException {
        return client.send(RawClient.get(path)).answer();
    }

    @Test
    void shouldListModelsTheOpenAiWay() throws IOException {
        var list = get("/v1/models");
        assertThat(list.status()).isEqualTo(200);
        assertThat(list.header("content-type")).isEqualTo("application/json");
        assertThat(list.text())
                .isEqualTo(
                        "{\"object\":\"list\",\"data\":[{\"id\":\"mnist\",\"object\":\"model\","
                                + "\"created\":1700000000,\"owned_by\":\"millrace\"},"
                                + "{\"id\":\"org/story teller\",\"object\":\"model\","
                                + "\"created\":1700000000,\"owned_by\":\"millrace\","
                                + "\"max_model_len\":512}]}");
    }

    @Test
    void shouldFindAModelHoweverItsNameIsEncoded() throws IOException {
        for (String name : new String[] {"org/story%20teller", "org%2Fstory%20teller"}) {
            assertThat(get("/v1/models/" + name).text()).contains("\"id\":\"org/story teller\"");
        }
        assertThat(get("/v2/models/org%2Fstory%20teller/ready").text())
                .isEqualTo("{\"name\":\"org/story teller\",\"ready\":true}");
    }

    @Test
    void shouldDescribeServerAndModelsTheKServeWay() throws IOException {
        assertThat(get("/v2").text())
                .isEqualTo(
                        "{\"name\":\"millrace\",\"version\":\"1.2.3\","
                                + "\"extensions\":[\"binary_tensor_data\"]}");
        String mnist =
                "{\"name\":\"mnist\",\"versions\":[\"1\"],\"platform\":\"pytorch_libtorch\","
                        + "\"inputs\":[{\"name\":\"INPUT__0\",\"datatype\":\"FP32\","
                        + "\"shape\":[-1,784]}],\"outputs\":[{\"name\":\"OUTPUT__0\","
                        + "\"datatype\":\"ANY\",\"shape\":[]}]}";
        assertThat(get("/v2/models/mnist").text()).isEqualTo(mnist);
        assertThat(get("/v2/models/mnist/versions/1").text()).isEqualTo(mnist);
        assertThat(get("/v2/models/mnist/versions/1/ready").status()).isEqualTo(200);
        assertThat(client.send(RawClient.post("/v2/repository/index", "{}")).answer().text())
                .startsWith(
                        "[{\"name\":\"mnist\",\"version\":\"1\",\"state\":\"READY\","
                                + "\"reason\":\"\"},");
    }

    @Test
    void shouldSayThatAModelIsNotThereInTheDialectOfThePath() throws IOException {
        var openAi = get("/v1/models/nobody");
        assertThat(openAi.status()).isEqualTo(404);
        assertThat(openAi.text())
                .isEqualTo(
                        "{\"error\":{\"message\":\"model 'nobody' does not exist\",\"type\":"
                                + "\"invalid_request_error\",\"param\":\"model\","
                                + "\"code\":\"model_not_found\"}}");
        var kserve = get("/v2/models/mnist/versions/7");
        assertThat(kserve.status()).isEqualTo(404);
        assertThat(kserve.text()).isEqualTo("{\"error\":\"unknown model 'mnist' version '7'\"}");
        assertThat(get("/v2/models/nobody/ready").status()).isEqualTo(404);
    }

    @Test
    void shouldRefuseUnknownPathsInTheirDialect() throws IOException {
        for (String path :
                new String[] {
                    "/", "/v1", "/v1/models/", "/v3", "/v1/completions/", "/_stainless_unknown_path"
                }) {
            var answer = client.send(RawClient.post(path, "{}")).answer();
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.text()).startsWith("{\"error\":{").contains("unknown_url");
        }
        for (String path :
                new String[] {"/v2/", "/v2/models", "/v2/models/a/b", "/v2/models//ready"}) {
            var answer = get(path);
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.text()).isEqualTo("{\"error\":\"unknown path " + path + "\"}");
        }
    }

    @Test
    void shouldNameTheMethodThatIsAllowed() throws IOException {
        var openAi = get("/v1/completions");
        assertThat(openAi.status()).isEqualTo(405);
        assertThat(openAi.header("allow")).isEqualTo("POST");
        assertThat(openAi.text()).contains("\"code\":\"method_not_allowed\"");
        var kserve = client.send(RawClient.request("DELETE", "/v2/models/mnist")).answer();
        assertThat(kserve.status()).isEqualTo(405);
        assertThat(kserve.header("allow")).isEqualTo("GET, HEAD");
        assertThat(kserve.text()).startsWith("{\"error\":\"");
        assertThat(client.send(RawClient.request("OPTIONS", "/v1/models")).answer().status())
                .isEqualTo(405);
    }

    @Test
    void shouldAnswerHeadLikeGetWithoutItsBody() throws IOException {
        int length = get("/v1/models").text().length();
        var head = client.send(RawClient.request("HEAD", "/v1/models")).answer(false);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("content-length")).isEqualTo(String.valueOf(length));
        assertThat(get("/health/live").text()).isEqualTo("{\"status\":\"live\"}");
    }

    @Test
    void shouldTellHealth() throws IOException {
        assertThat(get("/v2/health/live").text()).isEqualTo("{\"live\":true}");
        assertThat(get("/v2/health/ready").text()).isEqualTo("{\"ready\":true}");
        assertThat(get("/health/ready").text()).isEqualTo("{\"status\":\"ready\"}");
        server.ready = false;
        assertThat(get("/v2/health/ready").status()).isEqualTo(503);
        var answer = get("/health/ready");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.text()).isEqualTo("{\"status\":\"not ready\",\"detail\":\"loading\"}");
    }

    @Test
    void shouldServeMetricsAsText() throws IOException {
        var answer = get("/metrics");
        assertThat(answer.header("content-type")).startsWith("text/plain; version=0.0.4");
        assertThat(answer.text()).isEqualTo("millrace_up 1\n");
    }

    @Test
    void shouldHandPathAndHeadersToTheLane() throws IOException {
        client.send(
                        RawClient.post(
                                "/v2/models/mn%20ist/versions/3/infer?x=1",
                                "x",
                                "Authorization: Bearer secret",
                                "Cookie: secret",
                                "X-Request-Id: abc-1",
                                "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692-01",
                                "Inference-Header-Content-Length: 12",
                                "User-Agent: test"))
                .answer();
        var seen = server.lane.seen.remove();
        assertThat(seen.model()).isEqualTo("mn ist");
        assertThat(seen.version()).isEqualTo("3");
        assertThat(seen.inferenceHeaderLength()).isEqualTo(12);
        assertThat(seen.clientRequestId()).isEqualTo("abc-1");
        assertThat(seen.traceparent()).startsWith("00-0af76519");
        assertThat(seen.head())
                .startsWith("POST /v2/models/mn%20ist/versions/3/infer?x=1 HTTP/1.1\r\n")
                .contains("x-request-id: abc-1\r\n", "user-agent: test\r\n")
                .endsWith("\r\n")
                .doesNotContain("secret");
    }

    @Test
    void shouldKeepWholeLinesOfALongHead() throws IOException {
        client.send(
                        RawClient.post(
                                "/v1/completions",
                                "x",
                                "Accept: " + "a".repeat(1000),
                                "Idempotency-Key: k"))
                .answer();
        assertThat(server.lane.seen.remove().head())
                .contains("idempotency-key: k\r\n")
                .doesNotContain("accept");
    }

    @Test
    void shouldKeepLinesWithoutControlCharacters() throws IOException {
        for (int at = 1; at < 20; at++) {
            // Undertow refuses all but the tab.
            String agent = "a".repeat(at) + "\tb" + "b \u00e9\u0080\t".repeat(3) + "c";
            byte[] request =
                    RawClient.post("/v1/completions", "x", "User-Agent: " + agent)
                            .getBytes(StandardCharsets.ISO_8859_1);
            client.send(request).answer();
            assertThat(server.lane.seen.remove().head())
                    .contains("user-agent: " + agent.replace('\t', '?') + "\r\n");
        }
    }

    @Test
    void shouldTellCallersApartByKeyAndKeepTheKeyToItself() throws IOException {
        for (String key : new String[] {"Bearer one", "bearer one", "Bearer two"}) {
            client.send(RawClient.post("/v1/completions", "x", "Authorization: " + key)).answer();
        }
        client.send(RawClient.post("/v1/completions", "x")).answer();
        var ids = server.lane.seen.stream().map(EchoLane.Seen::callerId).toList();
        assertThat(ids.get(0)).isEqualTo(ids.get(1)).isNotEqualTo(ids.get(2));
        assertThat(ids.get(3)).isNotIn(ids.get(0), ids.get(2));
        // First eight bytes of "printf one | sha256sum".
        assertThat(ids.get(0)).isEqualTo(0x7692c3ad3540bb80L);
    }

    @Test
    void shouldEchoARequestIdThatIsFitAndMakeOneOtherwise() throws IOException {
        String path = "/v1/completions";
        assertThat(
                        client.send(RawClient.post(path, "x", "X-Request-Id: mine"))
                                .answer()
                                .header("x-request-id"))
                .isEqualTo("mine");
        assertThat(
                        client.send(RawClient.post(path, "x", "X-Request-Id: " + "y".repeat(129)))
                                .answer()
                                .header("x-request-id"))
                .matches("[0-9a-f]{16}");
        assertThat(get("/v1/models").header("x-request-id")).matches("[0-9a-f]{16}");
    }

    @Test
    void shouldNameTheHeaderWhoseNumberIsWrong() throws IOException {
        for (String value : new String[] {"x", "-1", "99999999999"}) {
            var answer =
                    client.send(
                                    RawClient.post(
                                            "/v2/models/mnist/infer",
                                            "x",
                                            "Inference-Header-Content-Length: " + value))
                            .answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).contains("Inference-Header-Content-Length", value);
        }
        assertThat(server.count(Counter.REQUESTS_PUBLISHED)).isZero();
    }

    @Test
    void shouldServeOldClientsAndThoseThatClose() throws IOException {
        client.send("POST /v1/completions HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi");
        var old = client.answer();
        assertThat(old.text()).isEqualTo("hi");
        assertThat(client.ended()).isTrue();
        try (var closing = new RawClient(server)) {
            closing.send(RawClient.post("/v1/completions", "hi", "Connection: close"));
            assertThat(closing.answer().text()).isEqualTo("hi");
            assertThat(closing.ended()).isTrue();
        }
        try (var streaming = new RawClient(server)) {
            streaming.send("POST /v1/completions HTTP/1.0\r\nContent-Length: 10\r\n\r\nstream 3 5");
            assertThat(streaming.answer().text()).isEqualTo("bbbbbcccccddddd");
        }
    }
}
