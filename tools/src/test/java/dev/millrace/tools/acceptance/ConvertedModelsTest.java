package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A real model that went through GGUF and back answers what other programs computed. */
class ConvertedModelsTest {
    private static final String MODEL = "stories260K";

    /** Types that lose little: the first story's choices are at least 0.07 apart. */
    private static final List<String> NARROW = List.of("f16", "bf16", "q8_0");

    @TempDir Path folder;

    @Test
    void shouldAnswerAsBeforeItWasConverted() throws Exception {
        Path original = Shared.model(MODEL);
        Path models = Files.createDirectory(folder.resolve("models"));
        for (String type : List.of("f32", "f16", "bf16", "q8_0")) {
            Path gguf = folder.resolve(type + ".gguf");
            convert(original, gguf, "--type", type);
            convert(gguf, models.resolve(type));
        }
        Path journal = folder.resolve("journal");
        try (RunningServer server = Setup.recordingTo(journal).models(models).start()) {
            for (Golden.Continuation golden : Golden.continuations(MODEL)) {
                assertReproduced(server, "f32", golden);
            }
            for (String type : NARROW) {
                assertReproduced(server, type, Golden.continuations(MODEL).getFirst());
            }
        }
    }

    private static void convert(Path from, Path to, String... more) {
        String[] arguments = {"model", "convert", from.toString(), "--out", to.toString()};
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        assertThat(Main.commandLine().execute(all)).isZero();
    }

    private static void assertReproduced(
            RunningServer server, String model, Golden.Continuation golden) {
        Answer answer =
                server.client()
                        .post(
                                "/v1/completions",
                                Json.object(
                                        Map.of(
                                                "model",
                                                model,
                                                "prompt",
                                                golden.prompt(),
                                                "max_tokens",
                                                golden.ids().length,
                                                "temperature",
                                                0,
                                                "return_token_ids",
                                                true)));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode choice = answer.json().path("choices").path(0);
        assertThat(Json.ints(choice.path("prompt_token_ids"))).isEqualTo(golden.promptIds());
        assertThat(Json.ints(choice.path("token_ids")))
                .as("continuation of %s as %s", golden, model)
                .isEqualTo(golden.ids());
    }
}
