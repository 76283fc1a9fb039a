package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.ringbuffer.Route.Dialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Whatever is sent, the answer has the right status, speaks the caller's dialect and names what is
 * wrong; and the next request is served.
 */
class BadRequestsTest {
    static final int MAX_BODY_BYTES = 1 << 20;
    private static final int BODY_TIMEOUT_MILLIS = 500;

    @TempDir static Path folder;
    private static RunningServer server;

    @BeforeAll
    static void start() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        DemoModel.extractTo(models);
        ScriptModels.simple(models);
        server =
                Setup.recordingTo(folder.resolve("journal"))
                        .models(models)
                        .bodies(MAX_BODY_BYTES, BODY_TIMEOUT_MILLIS)
                        .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<BadRequest> requests() {
        return Stream.concat(OpenAiBadRequests.all().stream(), KServeBadRequests.all().stream());
    }

    @Test
    void shouldTryAtLeastSixtyRequests() {
        assertThat(requests()).hasSizeGreaterThan(100);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void shouldRefuse(BadRequest bad) {
        Answer answer = server.client().send(bad.request(server.client()));

        assertThat(answer.status()).as("%s", answer).isEqualTo(bad.status());
        assertThat(answer.header("content-type")).startsWith("application/json");
        if (bad.dialect() == Dialect.OPENAI) {
            assertOpenAiError(bad, answer);
        } else {
            assertKServeError(bad, answer);
        }
        assertStillServes();
    }

    private static void assertOpenAiError(BadRequest bad, Answer answer) {
        JsonNode error = answer.error();
        assertThat(error.propertyNames()).contains("message", "type", "param", "code");
        String message = error.path("message").stringValue();
        assertThat(message).isNotBlank().doesNotContain("Exception").doesNotContain("\n\tat ");
        assertThat(message.length()).as("length of the message").isLessThan(500);
        assertThat(error.path("code").isString() || error.path("code").isNull()).isTrue();
        if (bad.names() == null) {
            assertThat(error.path("type").stringValue()).isEqualTo("invalid_request_error");
        } else {
            assertThat(error.path("param").stringValue(""))
                    .as("%s", answer)
                    .startsWith(bad.names());
        }
    }

    private static void assertKServeError(BadRequest bad, Answer answer) {
        JsonNode error = answer.error();
        assertThat(error.isString()).as("%s", answer).isTrue();
        assertThat(error.stringValue())
                .isNotBlank()
                .doesNotContain("Exception")
                .hasSizeLessThan(500);
        if (bad.names() != null) {
            assertThat(error.stringValue()).contains(bad.names());
        }
    }

    private static void assertStillServes() {
        Answer text =
                server.client()
                        .post("/v1/completions", DemoModelTest.completion("Mr. Darcy", 2, "{}"));
        assertThat(text.status()).as("%s", text).isEqualTo(200);
        Answer tensors = server.client().post("/v2/models/simple/infer", KServeBadRequests.GOOD);
        assertThat(tensors.status()).as("%s", tensors).isEqualTo(200);
    }

    /** A request as bytes, and the statuses that are right for it; 0 is hanging up. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record RawRequest(String what, List<Integer> statuses, boolean ends, String... parts) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<RawRequest> rawRequests() {
        String good = DemoModelTest.completion("Emma", 2, "{}");
        String head = "POST /v1/completions HTTP/1.1\r\nHost: millrace\r\n";
        return List.of(
                new RawRequest(
                        "200 headers",
                        List.of(400, 431, 0),
                        false,
                        head + "X-Flood: 1\r\n".repeat(200) + "\r\n"),
                new RawRequest(
                        "a header of a megabyte",
                        List.of(400, 431, 0),
                        false,
                        head + "X-Flood: " + "a".repeat(1 << 20) + "\r\n\r\n"),
                new RawRequest(
                        "a path of 100,000 characters",
                        List.of(400, 414, 431, 0),
                        false,
                        "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: millrace\r\n\r\n"),
                new RawRequest(
                        "no HTTP at all",
                        List.of(400, 0),
                        true,
                        "\u0016\u0003\u0001 hello\r\n\r\n"),
                new RawRequest(
                        "a length that is a word",
                        List.of(400, 0),
                        true,
                        head + "Content-Length: many\r\n\r\n" + good),
                new RawRequest(
                        "a negative length",
                        List.of(400, 0),
                        true,
                        head + "Content-Length: -5\r\n\r\n" + good),
                new RawRequest(
                        "a body that ends early",
                        List.of(400, 408, 0),
                        true,
                        head + "Content-Length: 5000\r\n\r\n" + good),
                new RawRequest(
                        "a body that never ends",
                        List.of(408),
                        false,
                        head + "Content-Length: 5000\r\n\r\n" + good),
                new RawRequest(
                        "a length over the limit",
                        List.of(413),
                        false,
                        head + "Content-Length: 1000000000\r\n\r\n" + good),
                new RawRequest(
                        "chunks over the limit",
                        List.of(413, 0),
                        false,
                        head + "Transfer-Encoding: chunked\r\n\r\n",
                        ("8000\r\n" + "a".repeat(0x8000) + "\r\n").repeat(40)),
                new RawRequest(
                        "a chunk size that is a word",
                        List.of(400, 408, 0),
                        true,
                        head
                                + "Transfer-Encoding: chunked\r\n\r\nmany\r\n"
                                + good
                                + "\r\n0\r\n\r\n"),
                new RawRequest(
                        "chunks that never end",
                        List.of(408),
                        false,
                        head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rawRequests")
    void shouldRefuseOnTheWire(RawRequest raw) {
        try (var connection = new RawConnection(server.uri())) {
            for (String part : raw.parts()) {
                connection.send(part);
            }
            if (raw.ends()) {
                connection.endOutput();
            }
            String answer = connection.readUntil("\r\n\r\n");
            int status =
                    answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : 0;
            assertThat(raw.statuses()).as(answer).contains(status);
        }
        assertStillServes();
        server.awaitIdle();
    }

    @Test
    void shouldRefuseASlowSenderInItsDialect() {
        try (var connection = new RawConnection(server.uri())) {
            connection.send(
                    "POST /v2/models/simple/infer HTTP/1.1\r\nHost: a\r\n"
                            + "Content-Length: 50\r\n\r\n{");

            String answer = connection.readAnswer();

            assertThat(answer).startsWith("HTTP/1.1 408 ").contains("{\"error\":\"");
        }
        assertStillServes();
    }

    @Test
    void shouldNameEveryModelItHasWhenAskedForAnother() {
        Answer answer =
                server.client()
                        .post(
                                "/v1/completions",
                                Json.object(Map.of("model", "gpt-9", "prompt", "Emma")));

        assertThat(answer.error().path("code").stringValue()).isEqualTo("model_not_found");
        assertThat(answer.error().path("message").stringValue()).contains("gpt-9");
    }

    @Test
    void shouldSayThatAPromptIsTooLong() {
        Answer answer =
                server.client()
                        .post(
                                "/v1/completions",
                                DemoModelTest.completion("Emma ".repeat(4000), 1, "{}"));

        assertThat(answer.error().path("code").stringValue()).isEqualTo("context_length_exceeded");
        assertThat(answer.error().path("message").stringValue()).contains("512");
    }
}
