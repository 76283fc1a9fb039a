package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@link LlamaOracleTest} has the arithmetic of every family. */
class HalfWeightsTest extends TorchTest {
    /**
     * A half is off by up to 2^-11 of a weight, a matrix's output by about as much of its own size
     * at most. Errors of the 4 matrices of each of 5 layers and of the head are independent, so
     * they add up as sqrt(21) 2^-11, of logits up to 18: 0.04.
     */
    private static final float TOLERANCE = 0.04f;

    @TempDir Path folder;

    @Test
    void shouldKeepTheGoldenIdsOfStories() {
        JsonNode golden = SharedModels.golden("stories260K");
        assertThat(golden.path("prompt").asString()).startsWith("Once upon a time");
        GreedyRun.Prompt floats = run(golden, WeightFormat.FLOAT32);
        GreedyRun.Prompt halves = run(golden, WeightFormat.FLOAT16);
        int[] expected = SharedModels.ints(golden.path("generated_ids"));
        assertThat(halves.generated)
                .containsExactly(Arrays.stream(expected).boxed().toArray(Integer[]::new));
        float largest = 0;
        for (int id = 0; id < floats.firstLogits.length; id++) {
            float difference = Math.abs(halves.firstLogits[id] - floats.firstLogits[id]);
            largest = Math.max(largest, difference);
        }
        assertThat(largest).as("rounding").isPositive().isLessThan(TOLERANCE);
    }

    private static GreedyRun.Prompt run(JsonNode golden, WeightFormat format) {
        try (StepModel model =
                LlamaModel.load(
                        SharedModels.folder("stories260K"), CacheLimits.of(1, 512), format)) {
            GreedyRun run = new GreedyRun(model);
            int[] ids = SharedModels.ints(golden.path("prompt_ids"));
            GreedyRun.Prompt prompt = run.add(0, ids, 4096, golden.path("generated_ids").size());
            run.run();
            return prompt;
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {65520, -1e9f, Float.NEGATIVE_INFINITY, Float.NaN})
    void shouldRefuseAWeightThatNoHalfHolds(float weight) throws IOException {
        String name = "model.layers.1.mlp.up_proj.weight";
        new TinyLlama(4, 2, 6, true, false, 1).set(name, 7, weight).write(folder);
        assertThatThrownBy(
                        () -> LlamaModel.load(folder, CacheLimits.of(1, 64), WeightFormat.FLOAT16))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(folder.toString())
                .hasMessageContaining(name)
                .hasMessageContaining("magnitude " + Math.abs(weight))
                .hasMessageContaining("float16 takes up to 65504");
        LlamaModel.load(folder, CacheLimits.of(1, 64), WeightFormat.FLOAT32).close();
    }

    @Test
    void shouldTakeTheLargestHalf() throws IOException {
        String name = "model.layers.1.mlp.up_proj.weight";
        new TinyLlama(4, 2, 6, true, false, 1).set(name, 7, -65504).write(folder);
        LlamaModel.load(folder, CacheLimits.of(1, 64), WeightFormat.FLOAT16).close();
    }
}
