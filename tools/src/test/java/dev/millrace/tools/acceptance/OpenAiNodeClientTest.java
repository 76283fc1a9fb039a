package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * OpenAI's own Node client, unmodified, is at home here. Skipped, and says so, where there is no
 * Node or the package cannot be had.
 */
class OpenAiNodeClientTest {
    private static final Golden.Continuation GOLDEN = Golden.austen().getFirst();
    private static final Path SOURCE = Path.of("src/test/resources/clients/openai-node");
    private static final Path INSTALLED = Path.of("target/openai-node");
    private static final int INSTALL_SECONDS = 120;

    @TempDir static Path folder;
    private static RunningServer server;
    private static JsonNode seen;

    /** How a command ended and what it said. */
    private record Ended(int exitCode, String output, String errors) {}

    @BeforeAll
    static void runTheClient() throws Exception {
        install();
        server = ClientModels.start(folder);
        var command =
                new ArrayList<String>(
                        List.of(
                                "node",
                                "client.mjs",
                                server.uri() + "/v1",
                                DemoModelTest.MODEL,
                                GOLDEN.prompt(),
                                String.valueOf(GOLDEN.ids().length)));
        if (ClientModels.embeds()) {
            command.add(ClientModels.EMBEDDER);
            command.add(golden().path("texts").path(0).stringValue());
        }
        Ended client = run(command);
        assertThat(client.exitCode()).as("%s", client).isZero();
        seen = Json.parse(client.output());
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static void install() throws Exception {
        Files.createDirectories(INSTALLED);
        for (String file : List.of("package.json", "package-lock.json", "client.mjs")) {
            Files.copy(
                    SOURCE.resolve(file),
                    INSTALLED.resolve(file),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        String problem;
        try {
            Ended npm = run(List.of("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"));
            problem = npm.exitCode() == 0 ? "" : npm.errors();
        } catch (IOException e) {
            problem = String.valueOf(e.getMessage());
        }
        if (!problem.isEmpty()) {
            System.out.println("skipped: npm cannot install the client: " + problem);
        }
        assumeTrue(problem.isEmpty(), "skipped: npm cannot install the client");
    }

    private static Ended run(List<String> command) throws IOException, InterruptedException {
        Path errors = Files.createTempFile(folder, "client", ".log");
        Process process =
                new ProcessBuilder(command)
                        .directory(INSTALLED.toFile())
                        .redirectError(errors.toFile())
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), output, Files.readString(errors));
    }

    private static JsonNode golden() {
        return Json.file(Shared.model(ClientModels.EMBEDDER).resolve("golden.json"));
    }

    @Test
    void shouldComplete() {
        assertThat(seen.path("plain").path("text").stringValue()).isEqualTo(GOLDEN.text());
        assertThat(seen.path("plain").path("usage").path("completion_tokens").intValue())
                .isEqualTo(GOLDEN.ids().length);
    }

    @Test
    void shouldStream() {
        assertThat(seen.path("stream").stringValue()).isEqualTo(GOLDEN.text());
    }

    @Test
    void shouldListModels() {
        assertThat(seen.path("models").toString()).contains(DemoModelTest.MODEL);
        assertThat(seen.path("model").stringValue()).isEqualTo(DemoModelTest.MODEL);
    }

    @Test
    void shouldStopWhatTheClientAborted() {
        assertThat(seen.path("chunksBeforeAbort").intValue()).isEqualTo(2);
        assertThat(seen.path("chunksBeforeCancel").intValue()).isBetween(2, 100);
        server.awaitIdle();
    }

    @Test
    void shouldBeToldThatAModelIsNotThere() {
        JsonNode error = seen.path("notFound");
        assertThat(error.path("expected").booleanValue()).as("%s", error).isTrue();
        assertThat(error.path("status").intValue()).isEqualTo(404);
        assertThat(error.path("code").stringValue()).isEqualTo("model_not_found");
        assertThat(error.path("requestID").stringValue("")).isNotBlank();
    }

    @Test
    void shouldBeToldWhichFieldIsWrong() {
        JsonNode error = seen.path("badRequest");
        assertThat(error.path("expected").booleanValue()).as("%s", error).isTrue();
        assertThat(error.path("status").intValue()).isEqualTo(400);
        assertThat(error.path("param").stringValue()).isEqualTo("temperature");
        assertThat(seen.path("badStream").path("param").stringValue()).isEqualTo("top_p");
    }

    @Test
    void shouldEmbedInTheClientsOwnEncoding() {
        assumeTrue(ClientModels.embeds(), "skipped: the shared folder with the embedder is absent");
        float[] expected = Json.floats(golden().path("embeddings").path(0));
        assertThat(seen.path("embeddings").size()).isEqualTo(2);
        for (JsonNode vector : seen.path("embeddings")) {
            assertThat(Json.floats(vector)).containsExactly(expected, within(1e-4f));
        }
    }
}
