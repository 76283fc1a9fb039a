package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class LlamaModelTest extends TorchTest {
    @ParameterizedTest
    @ValueSource(strings = {"austen-2.8m", "stories260K"})
    void shouldReproduceGoldenIdsAndFirstLogits(String name) {
        for (JsonNode golden : SharedModels.prompts(SharedModels.golden(name))) {
            try (StepModel model =
                    LlamaModel.load(
                            SharedModels.folder(name),
                            CacheLimits.of(1, 512),
                            WeightFormat.FLOAT32)) {
                GreedyRun run = new GreedyRun(model);
                int[] expected = SharedModels.ints(golden.path("generated_ids"));
                GreedyRun.Prompt prompt =
                        run.add(
                                0,
                                SharedModels.ints(golden.path("prompt_ids")),
                                4096,
                                expected.length);
                run.run();
                assertThat(prompt.generated)
                        .as(golden.path("prompt").asString())
                        .containsExactly(boxed(expected));
                for (JsonNode top : golden.path("first_step_top5")) {
                    assertThat(prompt.firstLogits[top.path("id").asInt()])
                            .isCloseTo((float) top.path("logit").asDouble(), within(1e-3f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"austen-2.8m", "stories260K"})
    void shouldGiveTheSameIdsWithBatchMatesAndInChunks(String name) {
        List<JsonNode> goldens = SharedModels.prompts(SharedModels.golden(name));
        try (StepModel model =
                LlamaModel.load(
                        SharedModels.folder(name), CacheLimits.of(16, 512), WeightFormat.FLOAT32)) {
            GreedyRun run = new GreedyRun(model);
            List<GreedyRun.Prompt> prompts = new ArrayList<>();
            List<int[]> expected = new ArrayList<>();
            for (int slot = 15; slot >= 0; slot--) {
                JsonNode golden = goldens.get(slot % goldens.size());
                expected.add(SharedModels.ints(golden.path("generated_ids")));
                int[] ids = SharedModels.ints(golden.path("prompt_ids"));
                prompts.add(run.add(slot, ids, 1 + slot % 5, expected.getLast().length));
            }
            run.run();
            for (int i = 0; i < prompts.size(); i++) {
                assertThat(prompts.get(i).generated).containsExactly(boxed(expected.get(i)));
            }
        }
    }

    @Test
    void shouldRefuseACacheThatNoMachineHolds(@TempDir Path folder) throws IOException {
        new TinyLlama(4, 2, 6, true, false, 1).write(folder);
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace(":64", ":16777216"));
        assertThatThrownBy(() ->
                        LlamaModel.load(
                                folder, new CacheLimits(1, 0, 16, 1L << 32), WeightFormat.FLOAT32))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("268435456 KV-cache blocks of 16 tokens");
    }

    private static Integer[] boxed(int[] values) {
        return java.util.Arrays.stream(values).boxed().toArray(Integer[]::new);
    }
}
