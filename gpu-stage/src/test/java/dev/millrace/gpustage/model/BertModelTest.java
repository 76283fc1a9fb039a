package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class BertModelTest extends TorchTest {
    private static final String NAME = "all-MiniLM-L6-v2";

    @Test
    void shouldReproduceGoldenEmbeddingsAlone() {
        JsonNode golden = SharedModels.golden(NAME);
        try (BertModel model = BertModel.load(SharedModels.folder(NAME))) {
            for (int i = 0; i < golden.path("input_ids").size(); i++) {
                checkEmbeddings(model, golden, List.of(i));
            }
        }
    }

    @Test
    void shouldReproduceGoldenEmbeddingsInABatchOfMixedLengths() {
        JsonNode golden = SharedModels.golden(NAME);
        int texts = golden.path("input_ids").size();
        try (BertModel model = BertModel.load(SharedModels.folder(NAME))) {
            checkEmbeddings(
                    model, golden, IntStream.range(0, 32).mapToObj(i -> i % texts).toList());
        }
    }

    private static void checkEmbeddings(BertModel model, JsonNode golden, List<Integer> chosen) {
        int longest =
                chosen.stream()
                        .mapToInt(i -> golden.path("input_ids").get(i).size())
                        .max()
                        .orElseThrow();
        int hidden = model.shape().hidden();
        try (TextBatch batch = new TextBatch(32 * 64);
                TensorScope scope = TensorScope.open()) {
            batch.begin(longest);
            for (int i : chosen) {
                batch.beginText();
                for (JsonNode id : golden.path("input_ids").get(i)) {
                    batch.addToken(id.asInt());
                }
            }
            MemorySegment embeddings = model.embed(batch, scope);
            for (int row = 0; row < chosen.size(); row++) {
                JsonNode expected = golden.path("embeddings").get(chosen.get(row));
                for (int column = 0; column < hidden; column++) {
                    float value =
                            embeddings.getAtIndex(
                                    ValueLayout.JAVA_FLOAT, (long) row * hidden + column);
                    assertThat(value)
                            .isCloseTo((float) expected.get(column).asDouble(), within(1e-4f));
                }
            }
        }
    }
}
