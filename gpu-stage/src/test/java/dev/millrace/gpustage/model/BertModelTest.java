package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.gpustage.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class BertModelTest extends TorchTest {
    private static final String NAME = "all-MiniLM-L6-v2";

    private final JsonNode golden = SharedModels.golden(NAME);
    private final int[][] texts =
            golden.path("input_ids").valueStream().map(SharedModels::ints).toArray(int[][]::new);

    @Test
    void shouldReproduceGoldenEmbeddingsAlone() {
        try (BertModel model = BertModel.load(SharedModels.folder(NAME), WeightFormat.FLOAT32)) {
            for (int i = 0; i < texts.length; i++) {
                checkEmbeddings(model, i);
            }
        }
    }

    @Test
    void shouldReproduceGoldenEmbeddingsInABatchOfMixedLengths() {
        try (BertModel model = BertModel.load(SharedModels.folder(NAME), WeightFormat.FLOAT32)) {
            checkEmbeddings(model, IntStream.range(0, 32).map(i -> i % texts.length).toArray());
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16, 0.99999", "BFLOAT16, 0.9999", "INT8, 0.99"})
    void shouldPointAsGoldenEmbeddingsDoWithRoundedWeights(
            WeightFormat format, double leastCosine) {
        int[][] batch = new int[32][];
        Arrays.setAll(batch, i -> texts[i % texts.length]);
        try (BertModel model = BertModel.load(SharedModels.folder(NAME), format)) {
            float[][] together = Embeddings.of(model, batch);
            for (int i = 0; i < batch.length; i++) {
                double[] expected = expected(i % texts.length);
                assertThat(Embeddings.cosine(together[i], expected))
                        .isBetween(leastCosine, 1 + 1e-6);
                assertThat(Embeddings.cosine(Embeddings.of(model, batch[i])[0], expected))
                        .isBetween(leastCosine, 1 + 1e-6);
            }
        }
    }

    @Test
    void shouldReadNamesWithThePrefixOfALargerModel(@TempDir Path folder) throws IOException {
        Path original = SharedModels.folder(NAME);
        Files.copy(original.resolve("config.json"), folder.resolve("config.json"));
        byte[] file = Files.readAllBytes(original.resolve("model.safetensors"));
        int headerBytes = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        String header =
                new String(file, 8, headerBytes, StandardCharsets.UTF_8)
                        .replace("\"embeddings.", "\"bert.embeddings.")
                        .replace("\"encoder.", "\"bert.encoder.");
        byte[] data = Arrays.copyOfRange(file, 8 + headerBytes, file.length);
        SafetensorsWriter.write(folder.resolve("model.safetensors"), header, data);
        try (BertModel model = BertModel.load(folder, WeightFormat.FLOAT32)) {
            checkEmbeddings(model, 0, 3);
        }
    }

    @Test
    void shouldPoolTheFirstTokenWhereTheFolderSaysSo(@TempDir Path folder) throws IOException {
        Path original = SharedModels.folder(NAME);
        Files.copy(original.resolve("config.json"), folder.resolve("config.json"));
        Files.createSymbolicLink(
                folder.resolve("model.safetensors"), original.resolve("model.safetensors"));
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(
                folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\":true}");
        try (BertModel cls = BertModel.load(folder, WeightFormat.FLOAT32);
                BertModel mean = BertModel.load(original, WeightFormat.FLOAT32)) {
            assertThat(embed(cls, 2003))
                    .as("one token is its own mean")
                    .containsExactly(embed(mean, 2003));
            assertThat(embed(cls, 101, 2003, 102)).isNotEqualTo(embed(mean, 101, 2003, 102));
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT32, 1e-5", "FLOAT16, 1e-5", "BFLOAT16, 1e-3", "INT8, 1e-3"})
    void shouldEmbedATextAlikeInAnyCompany(WeightFormat format, float tolerance) {
        Random random = new Random(7);
        int[] text = ids(random, 24);
        try (BertModel model = BertModel.load(SharedModels.folder(NAME), format)) {
            float[] alone = embed(model, text);
            for (int company : new int[] {1, 3, 15, 31}) {
                for (int longest : new int[] {24, 48, 200}) {
                    int[][] batch = new int[company + 1][];
                    batch[0] = text;
                    for (int i = 1; i <= company; i++) {
                        batch[i] = ids(random, i == 1 ? longest : 1 + random.nextInt(longest));
                    }
                    assertThat(Embeddings.of(model, batch)[0])
                            .containsExactly(alone, within(tolerance));
                }
            }
        }
    }

    private static int[] ids(Random random, int count) {
        return random.ints(count, 1000, 30_000).toArray();
    }

    private static float[] embed(BertModel model, int... ids) {
        return Embeddings.of(model, ids)[0];
    }

    private double[] expected(int text) {
        return golden.path("embeddings")
                .get(text)
                .valueStream()
                .mapToDouble(JsonNode::asDouble)
                .toArray();
    }

    private void checkEmbeddings(BertModel model, int... chosen) {
        float[][] vectors =
                Embeddings.of(
                        model, Arrays.stream(chosen).mapToObj(i -> texts[i]).toArray(int[][]::new));
        for (int i = 0; i < chosen.length; i++) {
            double[] expected = expected(chosen[i]);
            for (int column = 0; column < expected.length; column++) {
                assertThat((double) vectors[i][column]).isCloseTo(expected[column], within(1e-4));
            }
        }
    }
}
