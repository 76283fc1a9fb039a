package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TensorScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model folder that cannot be served is refused at start in one line, and nothing is left. */
class DamagedModelsTest {
    private static final String EXTRA = "{ name: \"X\" data_type: TYPE_INT32 dims: [ 16 ] },";
    private static final String WEIGHTS = "model.safetensors";

    @TempDir Path folder;

    @BeforeAll
    static void loadNatives() {
        LibTorch.start(1, 1);
    }

    /** What is done to a model folder. */
    @FunctionalInterface
    interface Harm {
        void to(Path model) throws IOException;
    }

    /**
     * A damaged folder.
     *
     * @param what in a few words
     * @param names what the message must name, beside the folder
     */
    record Damage(String what, String names, Harm harm) {
        @Override
        public String toString() {
            return what;
        }
    }

    static Stream<Damage> checkpoints() {
        return Stream.of(
                new Damage("no weights", "safetensors", model -> Files.delete(weights(model))),
                new Damage(
                        "no tokenizer",
                        "tokenizer.json",
                        model -> Files.delete(model.resolve("tokenizer.json"))),
                new Damage(
                        "no config.json",
                        "config.json",
                        model -> Files.delete(model.resolve("config.json"))),
                new Damage("weights cut off", WEIGHTS, model -> cut(weights(model), 1_000_000)),
                new Damage(
                        "weights cut in their header", WEIGHTS, model -> cut(weights(model), 100)),
                new Damage("weights of four bytes", WEIGHTS, model -> cut(weights(model), 4)),
                new Damage("empty weights", WEIGHTS, model -> cut(weights(model), 0)),
                new Damage("one byte too many", WEIGHTS, DamagedModelsTest::append),
                new Damage(
                        "a header of 2^63 bytes", WEIGHTS, model -> headerLength(model, 1L << 63)),
                new Damage(
                        "a header of 2^40 bytes", WEIGHTS, model -> headerLength(model, 1L << 40)),
                new Damage("a header of no bytes", WEIGHTS, model -> headerLength(model, 0)),
                new Damage(
                        "a header that is no JSON",
                        WEIGHTS,
                        model -> header(model, "{\"__metadata__\"", "[\"__metadata__\"")),
                new Damage(
                        "a tensor that begins elsewhere",
                        WEIGHTS,
                        model -> header(model, "\"data_offsets\":[0,", "\"data_offsets\":[8,")),
                new Damage(
                        "a tensor of an unknown type",
                        WEIGHTS,
                        model -> header(model, "\"BF16\"", "\"BQ16\"")),
                new Damage(
                        "tensors of integers",
                        WEIGHTS,
                        model -> header(model, "\"BF16\"", "\"I16\" ")),
                new Damage(
                        "a tensor under another name",
                        "norm",
                        model -> header(model, "\"model.norm.weight\"", "\"model.nurm.weight\"")),
                new Damage(
                        "another width",
                        WEIGHTS,
                        model -> config(model, "{\"intermediate_size\":500}")),
                new Damage(
                        "another vocabulary",
                        "2000",
                        model -> config(model, "{\"vocab_size\":2000}")),
                new Damage(
                        "an unknown architecture",
                        "FooForCausalLM",
                        model -> config(model, "{\"architectures\":[\"FooForCausalLM\"]}")),
                new Damage(
                        "no heads",
                        "num_attention_heads",
                        model -> config(model, "{\"num_attention_heads\":0}")),
                new Damage(
                        "layers in words",
                        "num_hidden_layers",
                        model -> config(model, "{\"num_hidden_layers\":\"six\"}")),
                new Damage(
                        "more layers than weights",
                        "model.layers.6",
                        model -> config(model, "{\"num_hidden_layers\":7}")),
                new Damage(
                        "a context of no tokens",
                        "max_position_embeddings",
                        model -> config(model, "{\"max_position_embeddings\":0}")),
                new Damage(
                        "config.json cut off",
                        "config.json",
                        model -> cut(model.resolve("config.json"), 200)),
                new Damage(
                        "tokenizer.json cut off",
                        "tokenizer.json",
                        model -> cut(model.resolve("tokenizer.json"), 20_000)),
                new Damage(
                        "tokenizer.json of another kind",
                        "tokenizer.json",
                        model -> Files.writeString(model.resolve("tokenizer.json"), "{\"a\":1}")),
                new Damage(
                        "tokenizer_config.json cut off",
                        "tokenizer_config.json",
                        model -> cut(model.resolve("tokenizer_config.json"), 30)),
                new Damage("an empty folder", "safetensors", DamagedModelsTest::empty));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("checkpoints")
    void shouldRefuseACheckpoint(Damage damage) throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        Path model = DemoModel.extractTo(models);
        damage.harm().to(model);

        assertRefused(models, DemoModel.NAME, damage.names());
    }

    static Stream<Damage> scripts() {
        return Stream.of(
                new Damage("a script cut off", "model.pt", model -> cut(script(model), 500)),
                new Damage("an empty script", "model.pt", model -> cut(script(model), 0)),
                new Damage(
                        "a script that is text",
                        "model.pt",
                        model -> Files.writeString(script(model), "print('hello')")),
                new Damage("no script", "model.pt", model -> Files.delete(script(model))),
                new Damage(
                        "declared inputs the script refuses",
                        "config.pbtxt",
                        model ->
                                declare(
                                        model,
                                        "INPUT1\" data_type: TYPE_INT32 dims: [ 16 ]",
                                        "INPUT1\" data_type: TYPE_INT32 dims: [ 15 ]")),
                new Damage(
                        "another output shape",
                        "config.pbtxt",
                        model ->
                                declare(
                                        model,
                                        "OUTPUT1\" data_type: TYPE_INT32 dims: [ 16 ]",
                                        "OUTPUT1\" data_type: TYPE_INT32 dims: [ 17 ]")),
                new Damage(
                        "another output type",
                        "config.pbtxt",
                        model ->
                                declare(
                                        model,
                                        "OUTPUT1\" data_type: TYPE_INT32",
                                        "OUTPUT1\" data_type: TYPE_FP32")),
                new Damage(
                        "an input too many",
                        "config.pbtxt",
                        model -> declare(model, "input [", "input [ " + EXTRA)),
                new Damage(
                        "an output too many",
                        "config.pbtxt",
                        model -> declare(model, "output [", "output [ " + EXTRA)),
                new Damage(
                        "an unknown type",
                        "TYPE_COMPLEX",
                        model -> declare(model, "TYPE_INT32", "TYPE_COMPLEX")),
                new Damage(
                        "a declaration cut off",
                        "config.pbtxt",
                        model -> cut(model.resolve("config.pbtxt"), 120)),
                new Damage(
                        "a declaration of bytes",
                        "config.pbtxt",
                        model ->
                                Files.write(
                                        model.resolve("config.pbtxt"),
                                        new byte[] {(byte) 0xFF, 0, 1})),
                new Damage(
                        "another platform",
                        "onnxruntime_onnx",
                        model -> declare(model, "pytorch_libtorch", "onnxruntime_onnx")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    void shouldRefuseAScript(Damage damage) throws IOException {
        Path models = Files.createDirectories(folder.resolve("models"));
        ScriptModels.simple(models);
        damage.harm().to(models.resolve("simple"));

        assertRefused(models, "simple", damage.names());
    }

    @Test
    void shouldRefuseAnEmptyFolderOfModels() throws IOException {
        assertRefused(Files.createDirectories(folder.resolve("none")), "none", "model");
    }

    @Test
    void shouldRefuseAFolderOfModelsThatIsNotThere() throws IOException {
        assertRefused(folder.resolve("none"), "none", "models.dir");
    }

    private void assertRefused(Path models, String model, String names) throws IOException {
        int kept = TensorScope.liveKept();
        int scopes = TensorScope.liveScopes();
        var config = Setup.recordingTo(folder.resolve("journal")).models(models).config();

        Throwable refusal =
                catchThrowable(() -> {
                    try (var server = RunningServer.start(config)) {
                        throw new AssertionError("started on " + server.uri());
                    }
                });

        assertThat(refusal).as("refusal").isInstanceOf(RuntimeException.class);
        assertThat(refusal.getMessage())
                .contains(model)
                .contains(names)
                .doesNotContain("\n")
                .doesNotContain("Exception");
        assertThat(TensorScope.liveScopes()).as("tensor scopes").isEqualTo(scopes);
        assertThat(TensorScope.liveKept()).as("native objects").isEqualTo(kept);
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("lane-"));
        assertThat(journalLock()).as("mark of the journal's folder").isIn("", "shut");
    }

    /** Empty where no journal was begun. */
    private String journalLock() throws IOException {
        Path lock = folder.resolve("journal/journal.lock");
        return Files.exists(lock) ? Files.readString(lock).strip() : "";
    }

    private static Path weights(Path model) {
        return model.resolve(WEIGHTS);
    }

    private static Path script(Path model) {
        return model.resolve("1/model.pt");
    }

    private static void cut(Path file, int bytes) throws IOException {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), bytes));
    }

    private static void append(Path model) throws IOException {
        byte[] bytes = Files.readAllBytes(weights(model));
        Files.write(weights(model), Arrays.copyOf(bytes, bytes.length + 1));
    }

    private static void headerLength(Path model, long bytes) throws IOException {
        byte[] file = Files.readAllBytes(weights(model));
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, bytes);
        Files.write(weights(model), file);
    }

    /** Replaces text of the header everywhere by text of the same length. */
    private static void header(Path model, String old, String replacement) throws IOException {
        assertThat(replacement).hasSameSizeAs(old);
        byte[] file = Files.readAllBytes(weights(model));
        int length = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
        String header = new String(file, 8, length, UTF_8).replace("\": ", "\":");
        header = header.replace(", ", ",");
        assertThat(header).contains(old);
        byte[] changed = (header.replace(old, replacement) + " ".repeat(length)).getBytes(UTF_8);
        System.arraycopy(changed, 0, file, 8, length);
        Files.write(weights(model), file);
    }

    private static void config(Path model, String changes) throws IOException {
        Path config = model.resolve("config.json");
        Files.writeString(config, Json.with(Files.readString(config), changes));
    }

    private static void declare(Path model, String old, String replacement) throws IOException {
        Path file = model.resolve("config.pbtxt");
        String text = Files.readString(file);
        assertThat(text).contains(old);
        Files.writeString(file, text.replace(old, replacement));
    }

    private static void empty(Path model) throws IOException {
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }
}
