package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** OpenAI's own Java client, unmodified, is at home here. */
class OpenAiJavaClientTest {
    private static final Golden.Continuation GOLDEN = Golden.austen().getFirst();

    @TempDir static Path folder;
    private static RunningServer server;
    private static OpenAIClient client;

    @BeforeAll
    static void start() throws java.io.IOException {
        server = ClientModels.start(folder);
        client =
                OpenAIOkHttpClient.builder()
                        .baseUrl(server.uri() + "/v1")
                        .apiKey("sk-emma")
                        .maxRetries(0)
                        .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static CompletionCreateParams.Builder completion(int tokens) {
        return CompletionCreateParams.builder()
                .model(DemoModelTest.MODEL)
                .prompt(GOLDEN.prompt())
                .maxTokens(tokens)
                .temperature(0);
    }

    @Test
    void shouldComplete() {
        Completion completion =
                client.completions().create(completion(GOLDEN.ids().length).build());

        assertThat(completion.choices().getFirst().text()).isEqualTo(GOLDEN.text());
        assertThat(completion.usage().orElseThrow().completionTokens())
                .isEqualTo(GOLDEN.ids().length);
        assertThat(completion.validate()).isNotNull();
    }

    @Test
    void shouldStream() {
        String text;
        try (StreamResponse<Completion> stream =
                client.completions().createStreaming(completion(GOLDEN.ids().length).build())) {
            text =
                    stream.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .map(choice -> choice.text())
                            .collect(Collectors.joining());
        }

        assertThat(text).isEqualTo(GOLDEN.text());
    }

    @Test
    void shouldEmbed() {
        assumeTrue(ClientModels.embeds(), "skipped: the shared folder with the embedder is absent");
        JsonNode golden = Json.file(Shared.model(ClientModels.EMBEDDER).resolve("golden.json"));

        List<Float> embedding =
                client.embeddings()
                        .create(
                                EmbeddingCreateParams.builder()
                                        .model(ClientModels.EMBEDDER)
                                        .input(golden.path("texts").path(0).stringValue())
                                        .build())
                        .data()
                        .getFirst()
                        .embedding();

        float[] expected = Json.floats(golden.path("embeddings").path(0));
        assertThat(embedding).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(embedding.get(i)).isCloseTo(expected[i], within(1e-4f));
        }
    }

    @Test
    void shouldListAndFindModels() {
        assertThat(client.models().list().data())
                .extracting(Model::id)
                .contains(DemoModelTest.MODEL);
        assertThat(client.models().retrieve(DemoModelTest.MODEL).id())
                .isEqualTo(DemoModelTest.MODEL);
    }

    @Test
    void shouldStopWhatAClientNoLongerReads() {
        try (StreamResponse<Completion> stream =
                client.completions().createStreaming(completion(480).build())) {
            Iterator<Completion> chunks = stream.stream().iterator();
            assertThat(chunks.next().choices()).hasSize(1);
            assertThat(chunks.next().choices()).hasSize(1);
        }

        server.awaitIdle();
    }

    @Test
    void shouldBeToldWhatIsNotThereAndWhatIsWrong() {
        assertThatThrownBy(() -> client.completions().create(completion(1).model("gpt-9").build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class,
                        e -> {
                            assertThat(e.code()).contains("model_not_found");
                            assertThat(e.param()).contains("model");
                        });
        assertThatThrownBy(() -> client.completions().create(completion(1).temperature(7).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class,
                        e -> {
                            assertThat(e.param()).contains("temperature");
                            assertThat(e.type()).contains("invalid_request_error");
                        });
    }
}
