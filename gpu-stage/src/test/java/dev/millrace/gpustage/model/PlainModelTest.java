package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Matrices, cache and inputs as a device takes them that is not a CPU; on any device. */
abstract class PlainModelTest extends TorchTest {
    @TempDir Path folder;

    abstract TorchDevice device();

    /** How far a logit may be from the oracle's. */
    abstract double tolerance();

    private Placement placement(WeightFormat format) {
        return new Placement(device(), format, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"austen-2.8m", "stories260K"})
    void shouldGiveTheGoldenIds(String name) {
        for (JsonNode golden : SharedModels.prompts(SharedModels.golden(name))) {
            GreedyRun.Prompt prompt = run(name, golden, WeightFormat.PLAIN_FLOAT32);
            assertThat(prompt.generated)
                    .as(golden.path("prompt").asString())
                    .containsExactly(boxed(SharedModels.ints(golden.path("generated_ids"))));
            for (JsonNode top : golden.path("first_step_top5")) {
                assertThat(prompt.firstLogits[top.path("id").asInt()])
                        .isCloseTo((float) top.path("logit").asDouble(), within(1e-3f));
            }
        }
    }

    /**
     * Weights, inputs and results of each of 21 matrices are off by up to that part of themselves,
     * independently, and logits are up to 18.
     */
    @ParameterizedTest
    @CsvSource({"PLAIN_FLOAT16, 11", "PLAIN_BFLOAT16, 8"})
    void shouldRoundNoMoreThanTheFormatDoes(WeightFormat format, int bits) {
        JsonNode golden = SharedModels.golden("stories260K");
        float[] floats = run("stories260K", golden, WeightFormat.PLAIN_FLOAT32).firstLogits;
        float[] rounded = run("stories260K", golden, format).firstLogits;
        double most = 18 * Math.sqrt(3 * 21) / (1 << bits);
        double largest = 0;
        for (int id = 0; id < floats.length; id++) {
            largest = Math.max(largest, Math.abs(rounded[id] - floats[id]));
        }
        assertThat(largest).isPositive().isLessThan(most);
    }

    @ParameterizedTest
    @CsvSource({"4, 2, 6, true, false", "6, 1, 4, false, true"})
    void shouldAgreeWithTheNaiveLlama(
            int heads, int kvHeads, int headDim, boolean tied, boolean biased) throws IOException {
        var tiny = new TinyLlama(heads, kvHeads, headDim, tied, biased, 17);
        tiny.write(folder);
        compare(
                LlamaModel.load(
                        folder,
                        CacheLimits.of(OracleRun.SLOTS, 64),
                        placement(WeightFormat.PLAIN_FLOAT32)),
                tiny::logits);
    }

    @Test
    void shouldAgreeWithTheNaiveGpt2() throws IOException {
        TinyGpt2 tiny = new TinyGpt2(3, 20, true, "", 31);
        tiny.write(folder);
        compare(
                Gpt2Model.load(
                        folder,
                        CacheLimits.of(OracleRun.SLOTS, 64),
                        placement(WeightFormat.PLAIN_FLOAT32)),
                tiny::logits);
    }

    private void compare(StepModel model, Function<int[], double[]> oracle) {
        try (model) {
            OracleRun.compare(model, oracle, tolerance());
        }
    }

    private GreedyRun.Prompt run(String name, JsonNode golden, WeightFormat format) {
        try (StepModel model =
                LlamaModel.load(
                        SharedModels.folder(name), CacheLimits.of(1, 512), placement(format))) {
            GreedyRun run = new GreedyRun(model);
            int[] ids = SharedModels.ints(golden.path("prompt_ids"));
            GreedyRun.Prompt prompt = run.add(0, ids, 4096, golden.path("generated_ids").size());
            run.run();
            return prompt;
        }
    }

    private static Integer[] boxed(int[] values) {
        return Arrays.stream(values).boxed().toArray(Integer[]::new);
    }
}
