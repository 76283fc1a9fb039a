package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A server without a configuration serves the embedded demo model, and it says what it should. */
class DemoModelTest {
    static final String MODEL = "austen-2.8m";

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

    static List<Golden.Continuation> golden() {
        return Golden.austen();
    }

    /** A greedy completion of a prompt, with fields to add or replace. */
    static String completion(String prompt, int maxTokens, String more) {
        return Json.with(
                Json.object(
                        Map.of(
                                "model",
                                MODEL,
                                "prompt",
                                prompt,
                                "max_tokens",
                                maxTokens,
                                "temperature",
                                0)),
                more);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void shouldContinueAPromptAsTheGoldenFileDoes(Golden.Continuation golden) {
        Answer answer =
                server.client()
                        .post(
                                "/v1/completions",
                                completion(golden.prompt(), golden.ids().length, "{}"));

        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode choice = answer.json().path("choices").path(0);
        assertThat(choice.path("text").stringValue()).isEqualTo(golden.text());
        assertThat(choice.path("finish_reason").stringValue()).isEqualTo("length");
        JsonNode usage = answer.json().path("usage");
        assertThat(usage.path("prompt_tokens").intValue()).isEqualTo(golden.promptIds().length);
        assertThat(usage.path("completion_tokens").intValue()).isEqualTo(golden.ids().length);
        assertThat(usage.path("total_tokens").intValue())
                .isEqualTo(golden.promptIds().length + golden.ids().length);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void shouldStreamTheSameText(Golden.Continuation golden) {
        List<JsonNode> chunks =
                server.client().stream(
                        "/v1/completions",
                        completion(golden.prompt(), golden.ids().length, "{\"stream\":true}"));

        assertThat(Sse.completionText(chunks)).isEqualTo(golden.text());
        assertThat(chunks)
                .extracting(chunk -> chunk.path("id").stringValue())
                .containsOnly(id(chunks));
        assertThat(chunks.getLast().path("choices").path(0).path("finish_reason").stringValue())
                .isEqualTo("length");
        assertThat(chunks.subList(0, chunks.size() - 1))
                .allMatch(chunk -> chunk.path("choices").path(0).path("finish_reason").isNull());
    }

    private static String id(List<JsonNode> chunks) {
        return chunks.getFirst().path("id").stringValue();
    }

    @Test
    void shouldEndAStreamWithTheTotalsWhenAsked() {
        Golden.Continuation golden = golden().getFirst();

        List<JsonNode> chunks =
                server.client().stream(
                        "/v1/completions",
                        completion(
                                golden.prompt(),
                                8,
                                """
                                {"stream":true,"stream_options":{"include_usage":true}}\
                                """));

        JsonNode last = chunks.getLast();
        assertThat(last.path("choices").size()).isZero();
        assertThat(last.path("usage").path("completion_tokens").intValue()).isEqualTo(8);
        assertThat(last.path("usage").path("prompt_tokens").intValue())
                .isEqualTo(golden.promptIds().length);
        assertThat(chunks.subList(0, chunks.size() - 1))
                .allMatch(chunk -> chunk.has("usage") && chunk.path("usage").isNull());
    }

    @Test
    void shouldAnswerSeveralPromptsOfOneRequestInOrder() {
        List<Golden.Continuation> golden = golden();
        int tokens = 24;
        String request =
                Json.object(
                        Map.of(
                                "model",
                                MODEL,
                                "prompt",
                                golden.stream().map(Golden.Continuation::prompt).toList(),
                                "max_tokens",
                                tokens,
                                "temperature",
                                0));

        JsonNode choices = server.client().post("/v1/completions", request).json().path("choices");

        assertThat(choices.size()).isEqualTo(golden.size());
        for (int i = 0; i < golden.size(); i++) {
            assertThat(choices.get(i).path("index").intValue()).isEqualTo(i);
            assertThat(golden.get(i).text()).startsWith(choices.get(i).path("text").stringValue());
        }
    }

    @Test
    void shouldStopBeforeAStopString() {
        Golden.Continuation golden = golden().getFirst();
        String stop = "the case";

        JsonNode choice =
                server.client()
                        .post(
                                "/v1/completions",
                                completion(golden.prompt(), 48, "{\"stop\":[\"" + stop + "\"]}"))
                        .json()
                        .path("choices")
                        .path(0);

        assertThat(choice.path("finish_reason").stringValue()).isEqualTo("stop");
        assertThat(choice.path("text").stringValue())
                .isEqualTo(golden.text().substring(0, golden.text().indexOf(stop)));
    }

    @Test
    void shouldTakeTokenIdsForAPrompt() {
        Golden.Continuation golden = golden().get(1);
        String request =
                Json.object(
                        Map.of(
                                "model",
                                MODEL,
                                "prompt",
                                golden.promptIds(),
                                "max_tokens",
                                golden.ids().length,
                                "temperature",
                                0));

        Answer answer = server.client().post("/v1/completions", request);

        assertThat(answer.json().path("choices").path(0).path("text").stringValue())
                .as("%s", answer)
                .isEqualTo(golden.text());
    }

    @Test
    void shouldSampleTheSameTextForTheSameSeed() {
        String request =
                completion(
                        "The ball at Netherfield",
                        32,
                        "{\"temperature\":0.9,\"top_p\":0.95,\"top_k\":40,\"seed\":1813}");
        String other = Json.with(request, "{\"seed\":1814}");

        String first = text(request);

        assertThat(text(request)).isEqualTo(first);
        assertThat(text(other)).isNotEqualTo(first);
    }

    private static String text(String request) {
        return server.client()
                .post("/v1/completions", request)
                .json()
                .path("choices")
                .path(0)
                .path("text")
                .stringValue();
    }

    @Test
    void shouldListTheDemoModelAndSayItIsReady() {
        Client client = server.client();

        assertThat(client.get("/v1/models").json().path("data").path(0).path("id").stringValue())
                .isEqualTo(MODEL);
        assertThat(client.get("/v1/models/" + MODEL).json().path("id").stringValue())
                .isEqualTo(MODEL);
        assertThat(client.get("/health/live").status()).isEqualTo(200);
        assertThat(client.get("/health/ready").status()).isEqualTo(200);
        assertThat(client.get("/v2/health/live").json().path("live").booleanValue()).isTrue();
        assertThat(client.get("/v2/health/ready").json().path("ready").booleanValue()).isTrue();
        assertThat(client.get("/v2").json().path("extensions")).isNotEmpty();
        assertThat(client.get("/v2/models/" + MODEL).json().path("name").stringValue())
                .isEqualTo(MODEL);
        assertThat(client.get("/v2/models/" + MODEL + "/ready").status()).isEqualTo(200);
    }
}
