package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.declaration.ModelDeclaration;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Datatype;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TorchScriptModelTest extends TorchTest {
    private static final String TWO_IN_THREE_OUT =
            """
            def forward(self, a: Tensor, b: Tensor) -> Tuple[Tensor, List[Tensor]]:
                return a + b, [a - b, a * b]
            """;

    @TempDir Path folder;

    @Test
    void shouldReproduceGoldenSqueezenetClasses() throws IOException {
        JsonNode golden = SharedModels.golden("squeezenet-v1.0-dc");
        Path model = SharedModels.folder("squeezenet-v1.0-dc");
        try (TorchScriptModel loaded = TorchScriptModel.load(model.resolve("model.ts.pt"), null)) {
            assertThat(loaded.inputNames()).containsExactly("INPUT__0");
            for (JsonNode each : golden.path("cases")) {
                float[] logits =
                        run(
                                loaded,
                                pixels(model.resolve(each.path("image").asString())),
                                1,
                                3,
                                227,
                                227);
                for (JsonNode top : each.path("top5")) {
                    assertThat(logits[top.path("class").asInt()])
                            .isCloseTo((float) top.path("logit").asDouble(), within(1e-3f));
                }
            }
        }
    }

    @Test
    void shouldRunTheMnistModelInBothItsShapes() {
        Path model = SharedModels.folder("mnist-mlp");
        float[] ink = new float[784 * 2];
        for (int i = 0; i < ink.length; i++) {
            ink[i] = (i * 7 % 11) / 11f;
        }
        try (TorchScriptModel loaded = TorchScriptModel.load(model.resolve("model.ts.pt"), null)) {
            float[] flat = run(loaded, ink, 2, 784);
            assertThat(flat).hasSize(20);
            assertThat(run(loaded, ink, 2, 1, 28, 28)).containsExactly(flat);
        }
    }

    @Test
    void shouldFlattenTuplesAndLists() {
        Path file = ScriptFiles.write(folder.resolve("model.pt"), TWO_IN_THREE_OUT);
        try (TorchScriptModel loaded = TorchScriptModel.load(file, null);
                TensorScope _ = TensorScope.open()) {
            assertThat(loaded.inputNames()).containsExactly("INPUT__0", "INPUT__1");
            List<Tensor> outputs = loaded.run(List.of(row(3, 4), row(1, 2)));
            assertThat(outputs)
                    .extracting(TorchScriptModelTest::values)
                    .containsExactly(List.of(4f, 6f), List.of(2f, 2f), List.of(3f, 8f));
            assertThat(loaded.outputName(2)).isEqualTo("OUTPUT__2");
        }
    }

    @Test
    void shouldMapDeclaredNamesToParameters() throws IOException {
        Path file =
                ScriptFiles.write(
                        folder.resolve("model.pt"),
                        """
                        def forward(self, a: Tensor, b: Tensor) -> Tensor:
                            return a - b
                        """);
        // Listed the other way round, but named as forward names them.
        String inputs =
                "input [ { name: \"b\" data_type: TYPE_FP32 dims: [ 2 ] }, { name: \"a\" data_type: TYPE_FP32 dims: [ 2 ] } ]";
        String output = "output [ { name: \"difference\" data_type: TYPE_FP32 dims: [ 2 ] } ]";
        try (TorchScriptModel loaded = TorchScriptModel.load(file, declare(inputs + output))) {
            assertThat(loaded.inputNames()).containsExactly("a", "b");
            assertThat(loaded.outputName(0)).isEqualTo("difference");
        }
        String numbered = inputs.replace("\"b\"", "\"X__1\"").replace("\"a\"", "\"X__0\"");
        try (TorchScriptModel loaded = TorchScriptModel.load(file, declare(numbered + output))) {
            assertThat(loaded.inputNames()).containsExactly("X__0", "X__1");
        }
        String gap = inputs.replace("\"b\"", "\"X__1\"").replace("\"a\"", "\"X__2\"");
        assertThatThrownBy(() -> TorchScriptModel.load(file, declare(gap + output)))
                .hasMessageContaining("__0");
    }

    @Test
    void shouldReshapeAsDeclared() throws IOException {
        Path file =
                ScriptFiles.write(
                        folder.resolve("model.pt"),
                        """
                        def forward(self, x: Tensor) -> Tensor:
                            return x.sum([1, 2])
                        """);
        ModelDeclaration declaration =
                declare(
                        """
                        max_batch_size: 8
                        input { name: "x" data_type: TYPE_FP32 dims: 6 reshape { shape: [ 2, 3 ] } }
                        output { name: "sum" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } }
                        """);
        try (TorchScriptModel loaded = TorchScriptModel.load(file, declaration);
                TensorScope _ = TensorScope.open()) {
            Tensor x =
                    NativeTensors.reshape(
                            NativeTensors.copyOf(new float[] {1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 1}),
                            2,
                            6);
            Tensor sum = loaded.run(List.of(x)).getFirst();
            assertThat(NativeTensors.shape(sum)).containsExactly(2, 1);
            assertThat(values(sum)).containsExactly(21f, 1f);
        }
    }

    @Test
    void shouldRefuseAFileThatIsNotWhatIsDeclared() throws IOException {
        Path file =
                ScriptFiles.write(
                        folder.resolve("model.pt"),
                        """
                        def forward(self, x: Tensor) -> Tensor:
                            return torch.matmul(x, torch.ones([4, 2]))
                        """);
        String input = "input { name: \"x\" data_type: TYPE_FP32 dims: [ -1, 4 ] }";
        String output = "output { name: \"y\" data_type: TYPE_FP32 dims: [ -1, 2 ] }";
        TorchScriptModel.load(file, declare(input + output)).close();
        assertRefused(file, input.replace("4 ]", "5 ]") + output, "refuses them");
        assertRefused(
                file, input + output.replace("2 ]", "3 ]"), "declares output y FP32 [-1, 3], but");
        assertRefused(file, input + output.replace("FP32", "INT64"), "gives FP32 [1, 2]");
        assertRefused(
                file, input + output + output.replace("\"y\"", "\"z\""), "declares 2 outputs");
        assertRefused(file, input + input.replace("\"x\"", "\"w\"") + output, "forward of");
    }

    @Test
    void shouldRefuseWhatIsNoTorchScript() throws IOException {
        Path file = folder.resolve("model.pt");
        Files.writeString(file, "not a zip archive at all");
        assertThatThrownBy(() -> TorchScriptModel.load(file, null))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("model.pt")
                .hasMessageNotContaining("\n");
        Path script = ScriptFiles.write(folder.resolve("whole.pt"), TWO_IN_THREE_OUT);
        byte[] whole = Files.readAllBytes(script);
        for (int length = 0; length < whole.length; length += 97) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> TorchScriptModel.load(file, null))
                    .isInstanceOf(ModelLoadException.class);
        }
        ScriptFiles.write(file, "def backward(self, x: Tensor) -> Tensor:\n    return x\n");
        assertThatThrownBy(() -> TorchScriptModel.load(file, null))
                .hasMessageContaining("no forward");
        ScriptFiles.write(file, "def forward(self, x: int) -> int:\n    return x\n");
        assertThatThrownBy(() -> TorchScriptModel.load(file, null)).hasMessageContaining("x: int");
    }

    private ModelDeclaration declare(String pbtxt) throws IOException {
        Path declared = Files.createDirectories(folder.resolve("declared"));
        Files.writeString(declared.resolve("config.pbtxt"), pbtxt);
        ModelDeclaration declaration = ModelDeclaration.find(declared);
        assertThat(declaration).isNotNull();
        return java.util.Objects.requireNonNull(declaration);
    }

    private void assertRefused(Path file, String pbtxt, String reason) throws IOException {
        ModelDeclaration declaration = declare(pbtxt);
        assertThatThrownBy(() -> TorchScriptModel.load(file, declaration))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(reason)
                .hasMessageContaining("config.pbtxt")
                .hasMessageNotContaining("\n");
    }

    private static float[] run(TorchScriptModel model, float[] values, long... shape) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor input = NativeTensors.reshape(NativeTensors.copyOf(values), shape);
            List<Tensor> outputs = model.run(List.of(input));
            assertThat(outputs).hasSize(1);
            assertThat(NativeTensors.datatype(outputs.getFirst())).isEqualTo(Datatype.FP32);
            return NativeTensors.memory(outputs.getFirst()).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static Tensor row(float... values) {
        return NativeTensors.copyOf(values);
    }

    private static List<Float> values(Tensor tensor) {
        float[] floats = NativeTensors.memory(tensor).toArray(ValueLayout.JAVA_FLOAT);
        List<Float> list = new java.util.ArrayList<>();
        for (float value : floats) {
            list.add(value);
        }
        return list;
    }

    /** Channels B, G, R minus their means, as the model's README asks. */
    private static float[] pixels(Path png) throws IOException {
        BufferedImage image = ImageIO.read(png.toFile());
        int size = 227 * 227;
        float[] values = new float[3 * size];
        for (int y = 0; y < 227; y++) {
            for (int x = 0; x < 227; x++) {
                int rgb = image.getRGB(x, y);
                values[y * 227 + x] = (rgb & 0xFF) - 104f;
                values[size + y * 227 + x] = (rgb >> 8 & 0xFF) - 117f;
                values[2 * size + y * 227 + x] = (rgb >> 16 & 0xFF) - 123f;
            }
        }
        return values;
    }
}
