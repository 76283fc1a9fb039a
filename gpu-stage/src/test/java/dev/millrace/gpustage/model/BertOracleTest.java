package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.torch.TorchTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every activation and every format of weights against a naive forward pass in doubles. */
class BertOracleTest extends TorchTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gelu", "gelu_new", "relu"})
    void shouldAgreeWithTheNaiveForward(String activation) throws IOException {
        TinyBert tiny = new TinyBert(activation, 5).write(folder);
        compare(
                tiny,
                WeightFormat.FLOAT32,
                (vector, expected) -> {
                    for (int i = 0; i < vector.length; i++) {
                        assertThat((double) vector[i]).isCloseTo(expected[i], within(1e-5));
                    }
                });
    }

    @ParameterizedTest
    @CsvSource({
        "gelu,     FLOAT16,  0.99999",
        "gelu_new, FLOAT16,  0.99999",
        "relu,     FLOAT16,  0.99999",
        "gelu,     BFLOAT16, 0.9999",
        "gelu_new, BFLOAT16, 0.9999",
        "relu,     BFLOAT16, 0.9999",
        "gelu,     INT8,     0.9999",
        "gelu_new, INT8,     0.9999",
        "relu,     INT8,     0.9999"
    })
    void shouldPointTheSameWayWithRoundedWeights(
            String activation, WeightFormat format, double leastCosine) throws IOException {
        TinyBert tiny = new TinyBert(activation, 5).write(folder);
        compare(
                format == WeightFormat.INT8 ? tiny.rounded() : tiny,
                format,
                (vector, expected) ->
                        assertThat(Embeddings.cosine(vector, expected))
                                .isBetween(leastCosine, 1 + 1e-6));
    }

    private void compare(TinyBert tiny, WeightFormat format, BiConsumer<float[], double[]> check) {
        Random random = new Random(3);
        int[][] texts = new int[9][];
        Arrays.setAll(
                texts, _ -> random.ints(1 + random.nextInt(30), 0, tiny.vocabulary).toArray());
        texts[4] = random.ints(tiny.positions, 0, tiny.vocabulary).toArray();
        try (BertModel model = BertModel.load(folder, format)) {
            float[][] vectors = Embeddings.of(model, texts);
            for (int i = 0; i < texts.length; i++) {
                double[] expected = tiny.embed(texts[i]);
                check.accept(vectors[i], expected);
                check.accept(Embeddings.of(model, texts[i])[0], expected);
            }
        }
    }
}
