package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tiny checkpoints and logits that transformers wrote; {@code references/make.py} says how. */
class ReferenceModelsTest extends TorchTest {
    private static final Path REFERENCES =
            Path.of("src/test/resources/dev/millrace/gpustage/model/references");

    @ParameterizedTest
    @ValueSource(strings = {"llama-linear", "llama-llama3", "mistral", "qwen2", "qwen3", "gpt2"})
    void shouldGiveTheLogitsOfTransformers(String name) throws IOException {
        Path folder = REFERENCES.resolve(name);
        JsonNode golden =
                new JsonMapper().readTree(Files.readAllBytes(folder.resolve("golden.json")));
        try (StepModel model =
                        name.equals("gpt2")
                                ? Gpt2Model.load(
                                        folder, CacheLimits.of(2, 64), WeightFormat.FLOAT32)
                                : LlamaModel.load(
                                        folder, CacheLimits.of(2, 64), WeightFormat.FLOAT32);
                StepBatch batch = StepBatch.of(model, 64, 1)) {
            ScatteredPages pages = new ScatteredPages(model, 2);
            int start = 0;
            for (Map.Entry<String, JsonNode> prefix : golden.path("logits").properties()) {
                int end = Integer.parseInt(prefix.getKey());
                batch.clear();
                pages.beginEntry(batch, 1, start, end - start);
                for (; start < end; start++) {
                    batch.addToken(golden.path("ids").get(start).asInt(), start == end - 1);
                }
                try (StepLogits step = model.step(batch)) {
                    MemorySegment logits = step.rows();
                    for (int id = 0; id < model.vocabularySize(); id++) {
                        assertThat((double) logits.getAtIndex(ValueLayout.JAVA_FLOAT, id))
                                .as("logit of %s after %s", id, end)
                                .isCloseTo(prefix.getValue().get(id).asDouble(), within(1e-4));
                    }
                }
            }
            assertThat(start).isEqualTo(40);
        }
    }
}
