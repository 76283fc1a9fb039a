package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request that names an {@code Idempotency-Key} is answered once, however often it comes. */
class RepeatedRequestsTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String REPLAYED = "idempotent-replayed";

    @TempDir static Path folder;
    private static Path models;
    private static RunningServer server;

    @BeforeAll
    static void start() throws IOException {
        models = ManyModels.under(folder);
        server = restart();
    }

    private static RunningServer restart() {
        return Setup.recordingTo(folder.resolve("journal")).models(models).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** One request of some kind. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Asked(String name, String path, byte[] body, int jsonBytes) {
        static Asked json(String name, String path, String json) {
            return new Asked(name, path, json.getBytes(UTF_8), -1);
        }

        HttpRequest request(Client client) {
            HttpRequest.Builder request =
                    client.request(path).header("Idempotency-Key", "key-of-" + name);
            if (jsonBytes >= 0) {
                request.header("Inference-Header-Content-Length", "" + jsonBytes);
            }
            return request.POST(BodyPublishers.ofByteArray(body)).build();
        }
    }

    private static List<Asked> everyKind() {
        var asked = new ArrayList<Asked>();
        String sampled = "{\"temperature\":1,\"n\":2,\"logprobs\":2,\"echo\":true}";
        asked.add(Asked.json("text", COMPLETIONS, DemoModelTest.completion("Emma", 12, sampled)));
        asked.add(
                Asked.json(
                        "text-stream",
                        COMPLETIONS,
                        DemoModelTest.completion(
                                "Emma",
                                12,
                                "{\"temperature\":1,\"stream\":true,\"stream_options\":"
                                        + "{\"include_usage\":true}}")));
        String chat =
                "{\"model\":\"emma\",\"max_tokens\":9,\"temperature\":1,\"messages\":"
                        + "[{\"role\":\"user\",\"content\":\"Mr. Knightley\"}]";
        asked.add(Asked.json("chat", "/v1/chat/completions", chat + "}"));
        asked.add(Asked.json("chat-stream", "/v1/chat/completions", chat + ",\"stream\":true}"));
        if (ClientModels.embeds()) {
            for (String format : List.of("float", "base64")) {
                asked.add(
                        Asked.json(
                                "embedding-" + format,
                                "/v1/embeddings",
                                Json.object(
                                        Map.of(
                                                "model",
                                                ClientModels.EMBEDDER,
                                                "input",
                                                List.of("one", "two words"),
                                                "encoding_format",
                                                format))));
            }
        }
        asked.add(tensors("tensors-json", false));
        asked.add(tensors("tensors-bytes", true));
        return asked;
    }

    private static Asked tensors(String name, boolean binary) {
        var rows = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 32; i++) {
            rows.putInt(i * i);
        }
        String input =
                "{\"name\":\"%s\",\"shape\":[1,16],\"datatype\":\"INT32\","
                        + "\"parameters\":{\"binary_data_size\":64}}";
        byte[] json =
                ("{\"id\":\"mine\",\"parameters\":{\"binary_data_output\":"
                                + binary
                                + "},\"inputs\":["
                                + input.formatted("INPUT0")
                                + ","
                                + input.formatted("INPUT1")
                                + "]}")
                        .getBytes(UTF_8);
        byte[] body = ByteBuffer.allocate(json.length + 128).put(json).put(rows.array()).array();
        return new Asked(name, "/v2/models/simple/infer", body, json.length);
    }

    @Test
    void shouldAnswerFromTheRecordAlsoAfterARestart() {
        List<Asked> asked = everyKind();
        var first = new ArrayList<Answer>();
        for (Asked one : asked) {
            Answer answer = server.client().send(one.request(server.client()));
            assertThat(answer.status()).as("%s: %s", one.name, answer).isEqualTo(200);
            assertThat(answer.header(REPLAYED)).as(one.name).isEmpty();
            first.add(answer);
        }
        shouldRepeat(asked, first);
        server.close();
        server = restart();
        shouldRepeat(asked, first);
        assertThat(server.counter(Counter.STEPS)).isZero();
        assertThat(server.counter(Counter.BATCHES)).isZero();
    }

    private static void shouldRepeat(List<Asked> asked, List<Answer> first) {
        for (int i = 0; i < asked.size(); i++) {
            Answer again = server.client().send(asked.get(i).request(server.client()));
            String name = asked.get(i).name;
            assertThat(again.status()).as("%s: %s", name, again).isEqualTo(200);
            assertThat(again.text()).as(name).isEqualTo(first.get(i).text());
            assertThat(again.body()).as(name).isEqualTo(first.get(i).body());
            assertThat(again.header(REPLAYED)).as(name).isEqualTo("true");
            assertThat(again.header("content-type")).isEqualTo(first.get(i).header("content-type"));
        }
    }

    private static Answer ask(String key, String caller, String json) {
        return server.client()
                .send(
                        server.client()
                                .request(COMPLETIONS)
                                .header("Idempotency-Key", key)
                                .header("Authorization", "Bearer " + caller)
                                .POST(BodyPublishers.ofString(json))
                                .build());
    }

    @Test
    void shouldRefuseAKeyThatCameWithAnotherBody() {
        assertThat(ask("once", "a", DemoModelTest.completion("Emma", 2, "{}")).status())
                .isEqualTo(200);

        Answer other = ask("once", "a", DemoModelTest.completion("Emma", 3, "{}"));

        assertThat(other.status()).isEqualTo(422);
        assertThat(other.error().path("param").stringValue()).isEqualTo("Idempotency-Key");
        assertThat(other.error().path("message").stringValue())
                .contains("Idempotency-Key")
                .contains("the same request");
    }

    @Test
    void shouldKeepTheKeysOfCallersApart() {
        String one = DemoModelTest.completion("Emma", 2, "{}");
        String other = DemoModelTest.completion("Anne", 2, "{}");
        assertThat(ask("shared", "a", one).status()).isEqualTo(200);

        Answer answer = ask("shared", "b", other);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header(REPLAYED)).isEmpty();
    }

    @Test
    void shouldRefuseARequestWhoseTwinIsBeingAnswered() {
        String json =
                DemoModelTest.completion(
                        "Captain Wentworth", 480, "{\"stream\":true,\"temperature\":1}");
        String post = RawConnection.post(COMPLETIONS, json);
        try (var first = new RawConnection(server.uri())) {
            first.send(
                    post.replaceFirst(
                            "\r\n\r\n",
                            "\r\nIdempotency-Key: long\r\nAuthorization: Bearer a\r\n\r\n"));
            first.readUntil("data: ");

            Answer twin = ask("long", "a", json);

            assertThat(twin.status()).isEqualTo(409);
            assertThat(twin.header("retry-after")).isEqualTo("1");
            assertThat(twin.error().path("param").stringValue()).isEqualTo("Idempotency-Key");
            first.reset();
        }
        server.awaitIdle();

        Answer anew = ask("long", "a", json);
        Answer again = ask("long", "a", json);

        assertThat(anew.status()).isEqualTo(200);
        assertThat(anew.header(REPLAYED)).as("given up, so tried anew").isEmpty();
        assertThat(again.header(REPLAYED)).isEqualTo("true");
        assertThat(again.text()).isEqualTo(anew.text());
    }

    @Test
    void shouldRefuseKeysThatCannotBeKept() {
        for (String key : List.of("", "k".repeat(256), "two words")) {
            Answer answer = ask(key, "a", DemoModelTest.completion("Emma", 2, "{}"));

            assertThat(answer.status()).as("'%s'", key).isEqualTo(400);
            assertThat(answer.error().path("message").stringValue())
                    .contains("Idempotency-Key")
                    .contains("255");
        }
        assertThat(ask("k".repeat(255), "a", DemoModelTest.completion("Emma", 2, "{}")).status())
                .isEqualTo(200);
    }

    @Test
    void shouldForgetTheOldestAndNothingElse() {
        String json = DemoModelTest.completion("Emma", 2, "{}");
        try (RunningServer small =
                Setup.recordingTo(folder.resolve("small")).repeatableRequests(2).start()) {
            RunningServer large = server;
            server = small;
            try {
                for (String key : List.of("1", "2", "3")) {
                    assertThat(ask(key, "a", json).header(REPLAYED)).isEmpty();
                }
                assertThat(ask("2", "a", json).header(REPLAYED)).isEqualTo("true");
                assertThat(ask("3", "a", json).header(REPLAYED)).isEqualTo("true");
                assertThat(ask("1", "a", json).header(REPLAYED)).isEmpty();
            } finally {
                server = large;
            }
        }
    }
}
