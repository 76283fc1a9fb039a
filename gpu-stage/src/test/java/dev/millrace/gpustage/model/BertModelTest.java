package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.gpustage.weights.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
        try (BertModel model = BertModel.load(folder)) {
            checkEmbeddings(model, SharedModels.golden(NAME), List.of(0, 3));
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
        try (BertModel cls = BertModel.load(folder);
                BertModel mean = BertModel.load(original)) {
            assertThat(embed(cls, 2003))
                    .as("one token is its own mean")
                    .containsExactly(embed(mean, 2003));
            assertThat(embed(cls, 101, 2003, 102)).isNotEqualTo(embed(mean, 101, 2003, 102));
        }
    }

    @Test
    void shouldEmbedATextAlikeInAnyCompany() {
        Random random = new Random(7);
        int[] text = ids(random, 24);
        try (BertModel model = BertModel.load(SharedModels.folder(NAME))) {
            float[] alone = embed(model, text);
            for (int company : new int[] {1, 3, 15, 31}) {
                for (int longest : new int[] {24, 48, 200}) {
                    int[][] texts = new int[company + 1][];
                    texts[0] = text;
                    for (int i = 1; i <= company; i++) {
                        texts[i] = ids(random, i == 1 ? longest : 1 + random.nextInt(longest));
                    }
                    float[] embedding = Arrays.copyOf(embed(model, texts), alone.length);
                    assertThat(embedding).containsExactly(alone, within(1e-5f));
                }
            }
        }
    }

    private static int[] ids(Random random, int count) {
        return random.ints(count, 1000, 30_000).toArray();
    }

    private static float[] embed(BertModel model, int... ids) {
        return embed(model, new int[][] {ids});
    }

    private static float[] embed(BertModel model, int[][] texts) {
        int longest = Arrays.stream(texts).mapToInt(ids -> ids.length).max().orElseThrow();
        try (TextBatch batch = new TextBatch(texts.length * longest);
                TensorScope scope = TensorScope.open()) {
            batch.begin(longest);
            for (int[] ids : texts) {
                batch.beginText();
                for (int id : ids) {
                    batch.addToken(id);
                }
            }
            return model.embed(batch, scope).toArray(ValueLayout.JAVA_FLOAT);
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
