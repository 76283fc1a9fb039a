package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code Int8WeightsTest} has the arithmetic of one layer, exactly. */
class Int8ModelTest extends TorchTest {
    /**
     * An integer is off by up to half, evenly: 1 / (127 sqrt(12)) of its row's largest magnitude on
     * the average, which is about 4 times the row's root mean square. A matrix's output is off by
     * that of its weights and that of its inputs, sqrt(2) 4 / 440 = 0.013 of its own size. Errors
     * of the 4 matrices of each of 5 layers and of the head are independent, so they add up as
     * sqrt(21) 0.013 = 0.06, of logits up to 18: 1.1.
     */
    private static final float STORIES_TOLERANCE = 1.1f;

    private static final int GOLDEN_PREFIX = 16;

    @TempDir Path folder;

    @Test
    void shouldKeepTheFirstGoldenIdsOfStories() {
        JsonNode golden = SharedModels.golden("stories260K");
        GreedyRun.Prompt floats = stories(golden, WeightFormat.FLOAT32);
        GreedyRun.Prompt bytes = stories(golden, WeightFormat.INT8);
        assertThat(bytes.generated).hasSizeGreaterThan(GOLDEN_PREFIX);
        int[] expected = SharedModels.ints(golden.path("generated_ids"));
        int kept = 0;
        while (kept < expected.length && bytes.generated.get(kept) == expected[kept]) {
            kept++;
        }
        assertThat(kept).isGreaterThanOrEqualTo(GOLDEN_PREFIX);
        float largest = 0;
        for (int id = 0; id < floats.firstLogits.length; id++) {
            largest = Math.max(largest, Math.abs(bytes.firstLogits[id] - floats.firstLogits[id]));
        }
        assertThat(largest).as("rounding").isPositive().isLessThan(STORIES_TOLERANCE);
    }

    private static GreedyRun.Prompt stories(JsonNode golden, WeightFormat format) {
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

    @Test
    void shouldAgreeWithTheNaiveForwardOfALlama() throws IOException {
        TinyLlama tiny = new TinyLlama(4, 2, 6, false, true, 17);
        tiny.write(folder);
        try (StepModel model = LlamaModel.load(folder, limits(), WeightFormat.INT8)) {
            OracleRun.compare(model, tiny.rounded()::logits, RoundedLinear.TOLERANCE);
        }
    }

    @Test
    void shouldAgreeWithTheNaiveForwardOfAGpt2() throws IOException {
        TinyGpt2 tiny = new TinyGpt2(4, 0, true, "transformer.", 31);
        tiny.write(folder);
        try (StepModel model = Gpt2Model.load(folder, limits(), WeightFormat.INT8)) {
            OracleRun.compare(model, tiny.rounded()::logits, RoundedLinear.TOLERANCE);
        }
    }

    private static CacheLimits limits() {
        return CacheLimits.of(OracleRun.SLOTS, 64);
    }
}
