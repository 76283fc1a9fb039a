package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Chat is a template away from a completion, and a model without one says so. */
class ChatTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String HELLO =
            """
            {"model":"emma","max_tokens":16,"temperature":0,"messages":[
              {"role":"system","content":"You are Emma."},
              {"role":"user","content":"My dear Miss"}]}\
            """;

    @TempDir static Path folder;
    private static RunningServer server;

    @BeforeAll
    static void start() throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        Path demo = DemoModel.extractTo(models);
        Path chat = DemoModel.extractTo(Files.createDirectories(folder.resolve("other")));
        Path emma = Files.move(chat, models.resolve("emma"));
        Path config = emma.resolve("tokenizer_config.json");
        Files.writeString(
                config,
                Json.with(
                        Files.readString(demo.resolve("tokenizer_config.json")),
                        Json.object(
                                java.util.Map.of(
                                        "chat_template",
                                        "{{ bos_token }}{% for message in messages %}"
                                                + "{% if message['role'] == 'user' %}"
                                                + "{{ message['content'] }}"
                                                + "{% endif %}{% endfor %}"))));
        server = Setup.recordingTo(folder.resolve("journal")).models(models).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void shouldContinueWhatTheTemplateMakesOfTheMessages() {
        Answer answer = server.client().post(CHAT, HELLO);

        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode choice = answer.json().path("choices").path(0);
        assertThat(choice.path("message").path("role").stringValue()).isEqualTo("assistant");
        String content = choice.path("message").path("content").stringValue();
        assertThat(content).isNotBlank();
        assertThat(Golden.austen().getLast().text()).startsWith(content);
        assertThat(answer.json().path("usage").path("prompt_tokens").intValue())
                .isEqualTo(Golden.austen().getLast().promptIds().length);
    }

    @Test
    void shouldForceATokenWithAHighBias() {
        String forced = "{\"logit_bias\":{\"364\":100},\"return_token_ids\":true}";

        Answer answer = server.client().post(CHAT, Json.with(HELLO, forced));

        JsonNode choice = answer.json().path("choices").path(0);
        assertThat(Json.ints(choice.path("token_ids"))).hasSize(16).containsOnly(364);
    }

    @Test
    void shouldStreamTheSameContentAsDeltas() {
        String whole =
                server.client()
                        .post(CHAT, HELLO)
                        .json()
                        .path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .stringValue();

        List<JsonNode> chunks = server.client().stream(CHAT, Json.with(HELLO, "{\"stream\":true}"));

        JsonNode first = chunks.getFirst().path("choices").path(0).path("delta");
        assertThat(first.path("role").stringValue()).isEqualTo("assistant");
        var text = new StringBuilder();
        for (JsonNode chunk : chunks) {
            text.append(
                    chunk.path("choices").path(0).path("delta").path("content").stringValue(""));
        }
        assertThat(text).hasToString(whole);
        assertThat(chunks.getLast().path("choices").path(0).path("finish_reason").stringValue())
                .isEqualTo("length");
    }

    @Test
    void shouldBeginWithWhatTheAssistantSaidLastWhereThatIsAskedFor() {
        String said =
                Json.with(
                        HELLO,
                        """
                        {"messages":[{"role":"user","content":"My dear Miss"},
                          {"role":"assistant","content":"Woodhouse é"}]}\
                        """);
        String answered = content(server.client().post(CHAT, said).json(), "message");
        String echoed = Json.with(said, "{\"echo\":true}");

        assertThat(content(server.client().post(CHAT, echoed).json(), "message"))
                .isEqualTo("Woodhouse é" + answered);
        var text = new StringBuilder();
        for (JsonNode chunk :
                server.client().stream(CHAT, Json.with(echoed, "{\"stream\":true}"))) {
            text.append(content(chunk, "delta"));
        }
        assertThat(text).hasToString("Woodhouse é" + answered);
    }

    private static String content(JsonNode answer, String member) {
        return answer.path("choices").path(0).path(member).path("content").stringValue("");
    }

    @Test
    void shouldTakeContentInParts() {
        String parts =
                Json.with(
                        HELLO,
                        """
                        {"messages":[{"role":"user","content":[
                          {"type":"text","text":"My dear Miss"}]}]}\
                        """);

        assertThat(server.client().post(CHAT, parts).json().path("choices").path(0).path("message"))
                .isEqualTo(
                        server.client()
                                .post(CHAT, HELLO)
                                .json()
                                .path("choices")
                                .path(0)
                                .path("message"));
    }

    @Test
    void shouldSayThatAModelHasNoChatTemplate() {
        Answer answer = server.client().post(CHAT, Json.with(HELLO, "{\"model\":\"austen-2.8m\"}"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("param").stringValue()).isEqualTo("model");
        assertThat(answer.error().path("message").stringValue())
                .contains("austen-2.8m")
                .containsIgnoringCase("template");
    }

    static Stream<BadRequest> badRequests() {
        return Stream.of(
                        "{\"messages\":[]}",
                        "{\"messages\":7}",
                        "{\"messages\":null}",
                        "{\"messages\":[7]}",
                        "{\"messages\":[{\"content\":\"Hi\"}]}",
                        "{\"messages\":[{\"role\":\"king\",\"content\":\"Hi\"}]}",
                        "{\"messages\":[{\"role\":\"user\"}]}",
                        "{\"messages\":[{\"role\":\"user\",\"content\":7}]}",
                        "{\"messages\":[{\"role\":\"user\",\"content\":[7]}]}",
                        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                                + "\"image_url\":{\"url\":\"data:\"}}]}]}",
                        "{\"n\":129}",
                        "{\"max_completion_tokens\":-1}",
                        "{\"max_tokens\":512}",
                        "{\"temperature\":9}")
                .map(changes ->
                        BadRequest.openAi(
                                changes,
                                CHAT,
                                Json.with(HELLO, changes),
                                400,
                                changes.substring(2, changes.indexOf('"', 2))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badRequests")
    void shouldRefuse(BadRequest bad) {
        Answer answer = server.client().send(bad.request(server.client()));

        assertThat(answer.status()).as("%s", answer).isEqualTo(400);
        assertThat(answer.error().path("param").stringValue("")).startsWith(bad.names());
        assertThat(server.client().post(CHAT, HELLO).status()).isEqualTo(200);
    }
}
