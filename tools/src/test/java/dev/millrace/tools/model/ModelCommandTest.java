package dev.millrace.tools.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.BatchConfig;
import dev.millrace.config.CacheConfig;
import dev.millrace.config.GenerationConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.gpustage.LoadedModel;
import dev.millrace.gpustage.ModelLoader;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What is written can be served, and is the same every time. */
class ModelCommandTest {
    private static final String LLAMA =
            "\"num_key_value_heads\":2,\"rms_norm_eps\":1e-5,\"rope_theta\":10000";

    @TempDir Path parent;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    /** Hidden 64, 2 layers. */
    private Path config(String architecture, String more) throws IOException {
        String shape =
                """
                {"architectures":["%s"],"vocab_size":320,"hidden_size":64,"intermediate_size":96,
                 "num_hidden_layers":2,"num_attention_heads":4,"max_position_embeddings":128,
                 "bos_token_id":1,"eos_token_id":[2,319],"torch_dtype":"bfloat16",%s}
                """
                        .formatted(architecture, more);
        return Files.writeString(parent.resolve("config.json"), shape);
    }

    private Path random(Path config, String name, String... more) {
        Path folder = parent.resolve(name);
        String[] arguments = {
            "model", "random", "--like", config.toString(), "--out", folder.toString()
        };
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        assertThat(millrace(all)).as("%s", err).isZero();
        return folder;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    LlamaForCausalLM   | "num_key_value_heads":2                        | GENERATE
                    LlamaForCausalLM   | "attention_bias":true,"mlp_bias":true          | GENERATE
                    LlamaForCausalLM   | "tie_word_embeddings":true,"head_dim":32       | GENERATE
                    MistralForCausalLM | "num_key_value_heads":1,"sliding_window":16    | GENERATE
                    Qwen2ForCausalLM   | "num_key_value_heads":2                        | GENERATE
                    Qwen3ForCausalLM   | "num_key_value_heads":2,"head_dim":32          | GENERATE
                    Qwen3ForCausalLM   | "attention_bias":true                          | GENERATE
                    GPT2LMHeadModel    | "n_embd":64,"n_layer":2,"n_head":4,"n_positions":128 | GENERATE
                    BertModel          | "type_vocab_size":2                            | EMBED
                    """)
    void shouldWriteAModelThatLoads(String architecture, String more, ModelKind kind)
            throws Exception {
        Path folder = random(config(architecture, more), "model", "--dtype", "float32");
        LibTorch.start(1, 1);
        TextModel text = Objects.requireNonNull(TextModelLoader.load(folder));
        try (Rings rings = new Rings(RingConfig.defaults(), 1);
                AutoCloseable _ = text.tokenizer()) {
            var output = new LaneOutput(rings.replyPublisher(), rings.counters(), System::nanoTime);
            var loader =
                    new ModelLoader(
                            TorchDevice.CPU,
                            ModelsConfig.defaults(),
                            GenerationConfig.defaults(),
                            CacheConfig.defaults(),
                            BatchConfig.defaults(),
                            output,
                            0,
                            _ -> text.tokenBytes());
            LoadedModel model = loader.load("model", folder, 0);
            assertThat(model.entry().kind()).isEqualTo(kind);
            assertThat(model.entry().vocabularySize()).isEqualTo(320);
            model.lane().close();
        }
    }

    @Test
    void shouldWriteATokenizerThatGivesTextBack() throws Exception {
        Path folder = random(config("LlamaForCausalLM", LLAMA), "model");
        TextModel text = Objects.requireNonNull(TextModelLoader.load(folder));
        String said = "Naïve: «10 €»\n";
        byte[] bytes = new byte[0];
        try (AutoCloseable _ = text.tokenizer()) {
            IntArrayList ids = new IntArrayList();
            text.tokenizer().encode(said, true, ids);
            assertThat(ids).hasSize(said.getBytes(StandardCharsets.UTF_8).length);
            for (int id : ids) {
                assertThat(id).isNotIn(1, 2, 319).isBetween(0, 318);
                byte[] added = text.tokenBytes().bytesOf(id);
                bytes = java.util.Arrays.copyOf(bytes, bytes.length + added.length);
                System.arraycopy(added, 0, bytes, bytes.length - added.length, added.length);
            }
        }
        assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(said);
        assertThat(text.tokenBytes().bytesOf(2)).isEmpty();
        assertThat(text.tokenBytes().bytesOf(300)).asString().isEqualTo(" 300");
    }

    @Test
    void shouldWriteTheSameForTheSameSeedOnly() throws Exception {
        Path config = config("LlamaForCausalLM", LLAMA);
        Path first = random(config, "first", "--seed", "7").resolve("model.safetensors");
        Path again = random(config, "again", "--seed", "7").resolve("model.safetensors");
        Path other = random(config, "other", "--seed", "8").resolve("model.safetensors");
        assertThat(again).hasSameBinaryContentAs(first);
        assertThat(Files.mismatch(first, other)).isPositive();
    }

    @Test
    void shouldSayWhatAFolderHolds() throws Exception {
        Path folder = random(config("LlamaForCausalLM", LLAMA), "model");
        // By hand: embedding and head, the last norm, and 2 layers of q and o, k and v, three of
        // the MLP, two norms.
        long layer = 2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64 + 2 * 64;
        long parameters = 2 * 320 * 64 + 64 + 2 * layer;
        assertThat(millrace("model", "inspect", folder.toString(), "--json")).isZero();
        JsonNode found = ModelConfig.JSON.readTree(out.toString());
        assertThat(found.path("architecture").asString()).isEqualTo("LlamaForCausalLM");
        assertThat(found.path("parameters").asLong()).isEqualTo(parameters);
        assertThat(found.path("bytes").asLong()).isEqualTo(2 * parameters);
        assertThat(found.path("dtypes").path("BF16").asLong()).isEqualTo(parameters);
        assertThat(found.path("tensors").size()).isEqualTo(12);
        assertThat(millrace("model", "inspect", folder.toString())).isZero();
        assertThat(out.toString())
                .contains("architecture  LlamaForCausalLM")
                .containsPattern(" 2 x model\\.layers\\.\\*\\.mlp\\.down_proj\\.weight +BF16 ");
    }

    @Test
    void shouldSayInTheConfigWhatTypeWasWritten() throws Exception {
        Path folder = random(config("LlamaForCausalLM", LLAMA), "model", "--dtype", "float16");
        assertThat(ModelConfig.read(folder.resolve("config.json")).root().path("torch_dtype"))
                .hasToString("\"float16\"");
        assertThat(Inspection.of(folder).dtypes()).containsOnlyKeys("FP16");
    }

    @Test
    void shouldRefuseWhatItCannotDo() throws Exception {
        Path config = config("LlamaForCausalLM", LLAMA);
        Path folder = random(config, "model");
        assertRefused(folder, config, "--out: '" + folder + "'", "a folder that is empty");
        Path fresh = parent.resolve("fresh");
        assertRefused(fresh, parent.resolve("none.json"), "none.json", "a model's config.json");
        assertRefused(fresh, config("ResNet", LLAMA), "architectures", "[\"ResNet\"]");
        assertRefused(
                fresh, config("BertModel", "\"hidden_size\":-1"), "hidden_size: '-1'", "16777216");
        assertThat(fresh).doesNotExist();
    }

    private void assertRefused(Path folder, Path config, String... reasons) {
        assertThat(
                        millrace(
                                "model",
                                "random",
                                "--like",
                                config.toString(),
                                "--out",
                                folder.toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains(reasons);
    }
}
