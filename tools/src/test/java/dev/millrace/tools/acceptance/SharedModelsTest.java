package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A folder of real models, each kind of them, answers what other programs computed. */
class SharedModelsTest {
    private static final String EMBEDDER = "all-MiniLM-L6-v2";
    private static final float EMBEDDING_TOLERANCE = 1e-4f;

    @TempDir static Path journal;
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = Setup.recordingTo(journal).models(Shared.models()).start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void shouldServeEachFolderUnderItsOwnName() {
        var names = new ArrayList<String>();
        server.client()
                .get("/v1/models")
                .json()
                .path("data")
                .forEach(model -> names.add(model.path("id").stringValue()));

        assertThat(names)
                .contains(
                        EMBEDDER, "austen-2.8m", "mnist-mlp", "squeezenet-v1.0-dc", "stories260K");
    }

    @Test
    void shouldReproduceTheTokenIdsOfStories() {
        for (Golden.Continuation golden : Golden.continuations("stories260K")) {
            JsonNode choice = story(golden, golden.ids().length).path("choices").path(0);

            assertThat(Json.ints(choice.path("prompt_token_ids")))
                    .as("prompt %s", golden)
                    .isEqualTo(golden.promptIds());
            assertThat(Json.ints(choice.path("token_ids")))
                    .as("continuation of %s", golden)
                    .isEqualTo(golden.ids());
            assertThat(choice.path("text").stringValue().strip()).isEqualTo(golden.text().strip());
        }
    }

    @Test
    void shouldEndAStoryWhereTheModelBeginsAnother() {
        Golden.Continuation golden = Golden.continuations("stories260K").getFirst();

        JsonNode choice = story(golden, 480).path("choices").path(0);

        assertThat(choice.path("finish_reason").stringValue()).isEqualTo("stop");
        assertThat(Json.ints(choice.path("token_ids"))).startsWith(golden.ids());
    }

    private static JsonNode story(Golden.Continuation golden, int tokens) {
        Answer answer =
                server.client()
                        .post(
                                "/v1/completions",
                                Json.object(
                                        Map.of(
                                                "model",
                                                "stories260K",
                                                "prompt",
                                                golden.prompt(),
                                                "max_tokens",
                                                tokens,
                                                "temperature",
                                                0,
                                                "return_token_ids",
                                                true)));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return answer.json();
    }

    @Test
    void shouldEmbedTextsAsGoldenAloneAndTogether() {
        JsonNode golden = Json.file(Shared.model(EMBEDDER).resolve("golden.json"));
        List<String> texts = new ArrayList<>();
        golden.path("texts").forEach(text -> texts.add(text.stringValue()));

        List<float[]> together = embed(texts, "float");

        for (int i = 0; i < texts.size(); i++) {
            float[] expected = Json.floats(golden.path("embeddings").path(i));
            assertThat(together.get(i)).containsExactly(expected, within(EMBEDDING_TOLERANCE));
            assertThat(embed(List.of(texts.get(i)), "float").getFirst())
                    .containsExactly(expected, within(EMBEDDING_TOLERANCE));
            assertThat(embed(List.of(texts.get(i)), "base64").getFirst())
                    .containsExactly(expected, within(EMBEDDING_TOLERANCE));
        }
    }

    @Test
    void shouldEmbedThirtyTwoTextsOfMixedLengthsAsEachAlone() {
        JsonNode golden = Json.file(Shared.model(EMBEDDER).resolve("golden.json"));
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            String text = golden.path("texts").path(i % golden.path("texts").size()).stringValue();
            texts.add((text + " ").repeat(1 + i / 6).strip());
        }

        List<float[]> together = embed(texts, "base64");

        assertThat(together).hasSize(32);
        for (int i = 0; i < texts.size(); i++) {
            assertThat(together.get(i))
                    .containsExactly(
                            embed(List.of(texts.get(i)), "float").getFirst(),
                            within(EMBEDDING_TOLERANCE));
            if (i < golden.path("texts").size()) {
                assertThat(together.get(i))
                        .containsExactly(
                                Json.floats(golden.path("embeddings").path(i)),
                                within(EMBEDDING_TOLERANCE));
            }
        }
    }

    private static List<float[]> embed(List<String> texts, String format) {
        Answer answer =
                server.client()
                        .post(
                                "/v1/embeddings",
                                Json.object(
                                        Map.of(
                                                "model", EMBEDDER,
                                                "input", texts,
                                                "encoding_format", format)));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        var vectors = new ArrayList<float[]>();
        for (JsonNode item : answer.json().path("data")) {
            assertThat(item.path("index").intValue()).isEqualTo(vectors.size());
            JsonNode vector = item.path("embedding");
            vectors.add(vector.isString() ? decoded(vector.stringValue()) : Json.floats(vector));
        }
        return vectors;
    }

    private static float[] decoded(String base64) {
        ByteBuffer bytes =
                ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    @Test
    void shouldClassifyPicturesAsGoldenInJsonAndInBytes() throws IOException {
        Path model = Shared.model("squeezenet-v1.0-dc");
        for (JsonNode golden : Json.file(model.resolve("golden.json")).path("cases")) {
            float[] pixels = pixels(model.resolve(golden.path("image").stringValue()));
            List<Integer> shape = List.of(1, 3, 227, 227);

            float[] fromJson =
                    KServe.onlyOutput(
                            server.client()
                                    .post(
                                            "/v2/models/squeezenet-v1.0-dc/infer",
                                            KServe.json("INPUT__0", shape, pixels)));
            float[] fromBytes =
                    KServe.onlyOutput(
                            KServe.inferBinary(
                                    server.client(),
                                    "squeezenet-v1.0-dc",
                                    "INPUT__0",
                                    shape,
                                    pixels));

            assertThat(fromJson).hasSize(1000).containsExactly(fromBytes, within(1e-4f));
            for (JsonNode top : golden.path("top5")) {
                assertThat(fromBytes[top.path("class").intValue()])
                        .as("%s of %s", top.path("label"), golden.path("image"))
                        .isCloseTo(top.path("logit").floatValue(), within(1e-2f));
            }
        }
    }

    /** Blue, green, red planes of 227×227, minus their means over ImageNet. */
    private static float[] pixels(Path png) throws IOException {
        BufferedImage image = ImageIO.read(png.toFile());
        int side = 227;
        float[] mean = {104, 117, 123};
        float[] planes = new float[3 * side * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                int rgb = image.getRGB(x, y);
                for (int channel = 0; channel < 3; channel++) {
                    planes[(channel * side + y) * side + x] =
                            ((rgb >> (8 * channel)) & 0xFF) - mean[channel];
                }
            }
        }
        return planes;
    }

    /**
     * The golden file's digits are not in the folder, so the oracle is the network written out:
     * 784-500-10 with the weights as they lie in the archive.
     */
    @Test
    void shouldComputeTheMnistNetworkInJsonAndInBytes() throws IOException {
        int rows = 3;
        float[] pixels = new float[rows * 784];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = ((i * 37) % 256) / 255f;
        }
        float[] expected = new float[rows * 10];
        try (ZipFile archive =
                new ZipFile(Shared.model("mnist-mlp").resolve("model.ts.pt").toFile())) {
            for (int row = 0; row < rows; row++) {
                float[] hidden =
                        linear(
                                weights(archive, 0),
                                weights(archive, 1),
                                Arrays.copyOfRange(pixels, row * 784, (row + 1) * 784));
                for (int i = 0; i < hidden.length; i++) {
                    hidden[i] = Math.max(0, hidden[i]);
                }
                float[] logits = linear(weights(archive, 2), weights(archive, 3), hidden);
                System.arraycopy(logits, 0, expected, row * 10, 10);
            }
        }
        List<Integer> shape = List.of(rows, 784);

        float[] fromJson =
                KServe.onlyOutput(
                        server.client()
                                .post(
                                        "/v2/models/mnist-mlp/infer",
                                        KServe.json("INPUT__0", shape, pixels)));
        float[] fromBytes =
                KServe.onlyOutput(
                        KServe.inferBinary(
                                server.client(), "mnist-mlp", "INPUT__0", shape, pixels));

        assertThat(fromJson).containsExactly(expected, within(1e-3f));
        assertThat(fromBytes).containsExactly(expected, within(1e-3f));
    }

    private static float[] weights(ZipFile archive, int index) throws IOException {
        try (var in = archive.getInputStream(archive.getEntry("model.ts/data/" + index))) {
            ByteBuffer bytes = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[bytes.remaining() / 4];
            bytes.asFloatBuffer().get(values);
            return values;
        }
    }

    private static float[] linear(float[] weight, float[] bias, float[] input) {
        float[] output = new float[bias.length];
        for (int o = 0; o < output.length; o++) {
            double sum = bias[o];
            for (int i = 0; i < input.length; i++) {
                sum += (double) weight[o * input.length + i] * input[i];
            }
            output[o] = (float) sum;
        }
        return output;
    }
}
