package dev.millrace.gpustage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.BatchConfig;
import dev.millrace.config.CacheConfig;
import dev.millrace.config.GenerationConfig;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.config.RingConfig;
import dev.millrace.gpustage.lane.LaneOutput;
import dev.millrace.gpustage.model.ScriptFiles;
import dev.millrace.gpustage.model.TinyBert;
import dev.millrace.gpustage.model.TinyGpt2;
import dev.millrace.gpustage.model.TinyLlama;
import dev.millrace.gpustage.torch.TorchDevice;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.gpustage.weights.SafetensorsWriter;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.Rings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelLoaderTest extends TorchTest {
    private static final Rings RINGS = new Rings(new RingConfig(2, 256, 2, 4096, 2, 256, 2), 1);
    private static ModelLoader loader;
    private static ModelLoader halvingLoader;

    @TempDir Path folder;

    @BeforeAll
    static void makeLoader() {
        loader = loader(Dtype.FLOAT32);
        halvingLoader = loader(Dtype.FLOAT16);
    }

    private static ModelLoader loader(Dtype dtype) {
        return loader(ModelsConfig.defaults().withDtype(dtype));
    }

    private static ModelLoader loader(ModelsConfig models) {
        return new ModelLoader(
                TorchDevice.CPU,
                models,
                new GenerationConfig(2, 16, 16, 8, 0, 0),
                CacheConfig.defaults(),
                new BatchConfig(32, 1024, 100, List.of(8, 16)),
                new LaneOutput(RINGS.replyPublisher(), RINGS.counters(), System::nanoTime),
                1813,
                _ -> id -> new byte[] {(byte) id});
    }

    @AfterAll
    static void closeRings() {
        RINGS.close();
    }

    private ModelEntry load() {
        LoadedModel loaded = loader.load("m", folder, 3);
        loaded.lane().close();
        assertThat(loaded.lane().index()).isEqualTo(3);
        assertThat(loaded.lane().name()).isEqualTo("lane-m");
        return loaded.entry();
    }

    private void assertRefused(String... reasons) {
        var refusal =
                assertThatThrownBy(() -> loader.load("m", folder, 0))
                        .isInstanceOf(ModelLoadException.class)
                        .hasMessageContaining(folder.toString())
                        .hasMessageNotContaining("\n");
        for (String reason : reasons) {
            refusal.hasMessageContaining(reason);
        }
    }

    @Test
    void shouldLoadALlama() throws IOException {
        new TinyLlama(4, 2, 6, false, true, 1).write(folder);
        ModelEntry entry = load();
        assertThat(entry.kind()).isEqualTo(ModelKind.GENERATE);
        assertThat(entry.platform()).isEqualTo("safetensors_llama");
        assertThat(entry.maxContextTokens()).isEqualTo(64);
        assertThat(entry.vocabularySize()).isEqualTo(41);
        assertThat(entry.digest()).matches("[0-9a-f]{64}");
        assertThat(entry.createdEpochSeconds()).isEqualTo(1813);
    }

    @Test
    void shouldHoldTheWeightsOfTextModelsAsConfigured() throws IOException {
        new TinyLlama(4, 2, 6, false, true, 1).write(folder.resolve("llama"));
        new TinyGpt2(4, 0, true, "transformer.", 1).write(folder.resolve("gpt2"));
        Files.createDirectory(folder.resolve("bert"));
        new TinyBert("gelu", 1).write(folder.resolve("bert"));
        for (String model : List.of("llama", "gpt2", "bert")) {
            LoadedModel loaded = halvingLoader.load("m", folder.resolve(model), 0);
            loaded.lane().close();
            assertThat(loaded.weights()).isEqualTo("float16");
            assertThat(loaded.measured()).isEmpty();
        }
    }

    @Test
    void shouldHoldTheWeightsOfOneModelAsConfigured() throws IOException {
        new TinyLlama(4, 2, 6, false, true, 1).write(folder.resolve("llama"));
        Files.createDirectory(folder.resolve("bert"));
        new TinyBert("gelu", 1).write(folder.resolve("bert"));
        ModelLoader single =
                loader(
                        ModelsConfig.defaults()
                                .withDtype(Dtype.INT8)
                                .withDtype("bert", "float16")
                                .withDtype("bert", "bfloat16"));
        for (String model : List.of("llama", "bert")) {
            LoadedModel loaded = single.load(model, folder.resolve(model), 0);
            loaded.lane().close();
            assertThat(loaded.weights()).isEqualTo(model.equals("bert") ? "bfloat16" : "int8");
        }
    }

    @Test
    void shouldNotChooseAnotherFormatForVectors() throws IOException {
        new TinyBert("gelu", 1).write(folder);
        LoadedModel loaded = loader(Dtype.AUTO).load("m", folder, 0);
        loaded.lane().close();
        assertThat(loaded.weights()).isEqualTo("float32");
        assertThat(loaded.measured()).isEmpty();
    }

    @Test
    void shouldRefuseAFormatForAModelThatHasItsOwn() throws IOException {
        ScriptFiles.write(folder.resolve("a.pt"), "def forward(self, a: Tensor):\n    return a\n");
        ModelLoader named = loader(ModelsConfig.defaults().withDtype("m", "float16"));
        assertThatThrownBy(() -> named.load("m", folder, 0))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("models.dtypes")
                .hasMessageContaining("as stored");
    }

    @Test
    void shouldMeasureWhichWeightsAreFastest() throws IOException {
        new TinyLlama(4, 2, 6, false, true, 1).write(folder);
        LoadedModel loaded = loader(Dtype.AUTO).load("m", folder, 0);
        loaded.lane().close();
        assertThat(loaded.weights()).isIn("float32", "float16", "bfloat16");
        assertThat(loaded.measured())
                .contains("float32 ", "float16 ", "bfloat16 ", " ms")
                .doesNotContain("int8");
    }

    @Test
    void shouldLoadAMistral() throws IOException {
        TinyLlama.mistral(4, 2, 6, 7, 1).write(folder);
        assertThat(load().platform()).isEqualTo("safetensors_mistral");
        // The window bounds what a token sees, and not the text.
        assertThat(load().maxContextTokens()).isEqualTo(64);
        Path config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("window\":7", "window\":0"));
        assertRefused("sliding_window is 0; a whole number from 1 to");
    }

    @Test
    void shouldLoadAQwen2() throws IOException {
        TinyLlama.qwen2(4, 2, 6, true, 1).write(folder);
        assertThat(load().platform()).isEqualTo("safetensors_qwen2");
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("window\":false", "window\":true"));
        assertRefused("use_sliding_window is true; false is expected");
        Files.writeString(config, text.replace("Qwen2", "Qwen3"));
        assertRefused("self_attn.q_norm.weight is missing");
    }

    @Test
    void shouldLoadAQwen3() throws IOException {
        TinyLlama.qwen3(4, 2, 6, false, false, 1).write(folder);
        assertThat(load().platform()).isEqualTo("safetensors_qwen3");
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        Files.writeString(config, text.replace("_bias\":false", "_bias\":true"));
        assertRefused("self_attn.q_proj.bias is missing");
        Files.writeString(config, text.replace("Qwen3", "Qwen2"));
        assertRefused("self_attn.q_proj.bias is missing");
    }

    @Test
    void shouldLoadTheDemoModel() {
        Path demo = DemoModel.extractTo(folder);
        // Twice, as a restarted server does.
        DemoModel.extractTo(folder);
        LoadedModel loaded = loader.load(DemoModel.NAME, demo, 0);
        loaded.lane().close();
        assertThat(loaded.entry().maxContextTokens()).isEqualTo(512);
        assertThat(demo.resolve("README.md")).exists();
        assertThat(demo.resolve("training/train.py")).exists();
    }

    @Test
    void shouldLoadAShardedCheckpoint() throws IOException {
        Path whole = DemoModel.extractTo(folder.resolve("whole"));
        Files.copy(whole.resolve("config.json"), folder.resolve("config.json"));
        Files.move(
                whole.resolve("model.safetensors"),
                folder.resolve("model-00001-of-00001.safetensors"));
        StringBuilder map = new StringBuilder();
        try (var file =
                dev.millrace.gpustage.weights.SafetensorsFile.open(
                        folder.resolve("model-00001-of-00001.safetensors"))) {
            file.tensors()
                    .keySet()
                    .forEach(name ->
                            map.append(map.isEmpty() ? "" : ",")
                                    .append('"')
                                    .append(name)
                                    .append("\":\"model-00001-of-00001.safetensors\""));
        }
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\":{" + map + "}}");
        assertThat(load().vocabularySize()).isEqualTo(2048);
        Files.writeString(
                index, "{\"weight_map\":{" + map.toString().replace("00001-of", "00002-of") + "}}");
        assertRefused("model-00002-of-00001.safetensors: no such file");
        Files.writeString(index, "{\"weight_map\":{\"x\":\"../../etc/passwd\"}}");
        assertRefused("in the same folder");
        Files.writeString(index, "{\"weight_map\":{\"x\":\"model-00001-of-00001.safetensors\"}}");
        assertRefused("which does not hold it");
        Files.writeString(index, "{");
        assertRefused("not valid JSON");
    }

    @Test
    void shouldLoadABertEmbedder() {
        Path minilm = SharedModels.folder("all-MiniLM-L6-v2");
        LoadedModel loaded = loader.load("minilm", minilm, 0);
        loaded.lane().close();
        assertThat(loaded.entry().kind()).isEqualTo(ModelKind.EMBED);
        assertThat(loaded.entry().maxContextTokens()).isEqualTo(512);
        assertThat(loaded.entry().batch())
                .isEqualTo(
                        new ModelEntry.BatchLimits(
                                true, 32, TimeUnit.MICROSECONDS.toNanos(100), List.of(8, 16)));
    }

    @Test
    void shouldServeAScriptWithoutADeclarationByConvention() {
        ScriptFiles.write(
                folder.resolve("adder.ts.pt"),
                "def forward(self, a: Tensor, b: Tensor):\n    return a + b\n");
        ModelEntry entry = load();
        assertThat(entry.kind()).isEqualTo(ModelKind.TENSOR);
        assertThat(entry.platform()).isEqualTo("pytorch_libtorch");
        assertThat(entry.inputs()).extracting("name").containsExactly("INPUT__0", "INPUT__1");
        assertThat(entry.outputs()).isEmpty();
        assertThat(entry.batch().batched()).isFalse();
        assertThat(entry.version()).isEqualTo("1");
    }

    @Test
    void shouldServeTritonsLayoutAsItStands() throws IOException {
        Files.createDirectories(folder.resolve("1"));
        Files.createDirectories(folder.resolve("12"));
        String source = "def forward(self, a: Tensor, b: Tensor):\n    return a + b, a - b\n";
        ScriptFiles.write(folder.resolve("12/model.pt"), source);
        Files.writeString(folder.resolve("1/model.pt"), "an older version, which is not read");
        Files.writeString(
                folder.resolve("config.pbtxt"),
                """
                name: "simple"
                platform: "pytorch_libtorch"
                max_batch_size: 4
                input [ { name: "INPUT__0" data_type: TYPE_INT32 dims: [ 16 ] },
                        { name: "INPUT__1" data_type: TYPE_INT32 dims: [ 16 ] } ]
                output [ { name: "SUM" data_type: TYPE_INT32 dims: [ 16 ] },
                         { name: "DIFFERENCE" data_type: TYPE_INT32 dims: [ 16 ] } ]
                dynamic_batching { }
                """);
        ModelEntry entry = load();
        assertThat(entry.version()).isEqualTo("12");
        assertThat(entry.inputs().getFirst().shape()).containsExactly(-1L, 16L);
        assertThat(entry.outputs()).extracting("name").containsExactly("SUM", "DIFFERENCE");
        assertThat(entry.batch()).isEqualTo(new ModelEntry.BatchLimits(true, 4, 0, List.of()));
        Files.writeString(
                folder.resolve("config.pbtxt"),
                Files.readString(folder.resolve("config.pbtxt"))
                        .replace("\"SUM\" data_type: TYPE_INT32", "\"SUM\" data_type: TYPE_FP32"));
        assertRefused("declares output SUM FP32 [-1, 16]", "INT32 [1, 16]");
    }

    @Test
    void shouldRefuseFoldersWithoutAModel() throws IOException {
        assertRefused("config.json");
        ScriptFiles.write(folder.resolve("a.pt"), "def forward(self, a: Tensor):\n    return a\n");
        ScriptFiles.write(folder.resolve("b.pt"), "def forward(self, a: Tensor):\n    return a\n");
        assertRefused("[a.pt, b.pt]");
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> loader.load("m", none, 0)).hasMessage(none + ": no such folder");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "architectures":["LlamaForCausalLM"]     | "architectures":["MambaForCausalLM"]   | architectures is ["MambaForCausalLM"]; one of ["LlamaForCausalLM"], ["MistralForCausalLM"], ["Qwen2ForCausalLM"], ["Qwen3ForCausalLM"], ["GPT2LMHeadModel"], ["BertModel"] is expected
                    "architectures":["LlamaForCausalLM"],    |                                        | architectures is missing
                    "vocab_size":41                          | "vocab_size":-41                       | vocab_size is -41
                    "vocab_size":41                          | "vocab_size":42                        | has shape [41, 24]; config.json asks for [42, 24]
                    "hidden_size":24                         | "hidden_size":"24"                     | hidden_size is "24"
                    "hidden_size":24                         | "hidden_size":32                       | config.json asks for
                    "num_hidden_layers":3                    | "num_hidden_layers":4                  | model.layers.3.input_layernorm.weight is missing
                    "num_key_value_heads":2                  | "num_key_value_heads":3                | num_key_value_heads is 3; a divisor of num_attention_heads (4)
                    "num_key_value_heads":2                  | "num_key_value_heads":4                | config.json asks for
                    "head_dim":6                             | "head_dim":5                           | head_dim is 5; an even number
                    "intermediate_size":36                   | "intermediate_size":1e9                | intermediate_size is
                    "hidden_act":"silu"                      | "hidden_act":"gelu"                    | hidden_act is "gelu"; one of [silu]
                    "rope_theta":500.0                       | "rope_theta":-1                        | rope_theta is -1
                    "rope_theta":500.0                       | "rope_scaling":{"rope_type":"yarn"}    | rope_scaling.rope_type is "yarn"; one of [default, linear, llama3]
                    "rope_theta":500.0                       | "rope_scaling":{"type":"dynamic"}      | rope_scaling.type is "dynamic"; one of [default, linear, llama3]
                    "rope_theta":500.0                       | "rope_scaling":{"factor":2}            | rope_scaling.rope_type is missing; one of [default, linear, llama3]
                    "rope_theta":500.0                       | "rope_scaling":"linear"                | rope_scaling is "linear"; a JSON object
                    "rope_theta":500.0                       | "rope_scaling":{"type":"linear"}       | rope_scaling.factor is missing; a number from 1.0 to
                    "rope_theta":500.0                       | "rope_parameters":{"full_attention":{}} | rope_parameters.rope_type is missing
                    "rope_theta":500.0                       | "rope_parameters":{"rope_theta":0}     | rope_parameters.rope_theta is 0; a number from 1.0 to
                    "rope_theta":500.0                       | "rope_parameters":{"rope_type":"llama3","low_freq_factor":4,"high_freq_factor":4} | rope_parameters.high_freq_factor is 4; more than low_freq_factor (4.0)
                    "rope_theta":500.0                       | "rope_parameters":{"rope_type":"llama3","low_freq_factor":1,"high_freq_factor":4} | rope_parameters.original_max_position_embeddings is missing
                    "rope_theta":500.0                       | "rope_parameters":{"rope_theta":9},"rope_scaling":{"rope_theta":8} | rope_scaling is {"rope_theta":8}; the same as rope_parameters
                    "tie_word_embeddings":true               | "tie_word_embeddings":"yes"            | tie_word_embeddings is "yes"
                    "tie_word_embeddings":true               | "tie_word_embeddings":false            | tensor lm_head.weight is missing
                    "attention_bias":false                   | "attention_bias":true                  | self_attn.q_proj.bias is missing
                    "eos_token_id":[1,2]                     | "eos_token_id":"end"                   | eos_token_id is "end"
                    "mlp_bias":false,                        | "mlp_bias":false,"mlp_bias":false,     | not valid JSON
                    {"arch                                   | ["arch                                 | not valid JSON
                    """)
    void shouldRefuseAConfigThatDoesNotFitTheWeights(String part, String replacement, String reason)
            throws IOException {
        new TinyLlama(4, 2, 6, true, false, 1).write(folder);
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains(part);
        Files.writeString(config, text.replace(part, replacement == null ? "" : replacement));
        assertRefused(reason);
    }

    @Test
    void shouldLoadAGpt2() throws IOException {
        new TinyGpt2(4, 0, true, "transformer.", 1).write(folder);
        ModelEntry entry = load();
        assertThat(entry.kind()).isEqualTo(ModelKind.GENERATE);
        assertThat(entry.platform()).isEqualTo("safetensors_gpt2");
        assertThat(entry.maxContextTokens()).isEqualTo(64);
        assertThat(entry.vocabularySize()).isEqualTo(41);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "n_embd":24                 | "n_embd":-24                     | n_embd is -24; a whole number from 1
                    "n_head":4                  | "n_head":5                       | n_head is 5; a divisor of n_embd (24)
                    "n_positions":64            | "n_ctx":64                       | n_positions is missing; a whole number from 1
                    "n_positions":64            | "n_positions":65                 | has shape [64, 24]; config.json asks for [65, 24]
                    "n_inner":null              | "n_inner":95                     | config.json asks for [24, 95]
                    "n_layer":3                 | "n_layer":4                      | transformer.h.3.ln_1.weight is missing
                    "gelu_new"                  | "relu"                           | activation_function is "relu"; one of [gelu_new, gelu_pytorch_tanh]
                    "scale_attn_weights":true   | "scale_attn_weights":false       | scale_attn_weights is false; true is expected
                    "scale_attn_weights":true   | "scale_attn_by_inverse_layer_idx":true | scale_attn_by_inverse_layer_idx is true; false is expected
                    "scale_attn_weights":true   | "tie_word_embeddings":false      | tensor lm_head.weight is missing
                    """)
    void shouldRefuseAGpt2ThatDoesNotFitItsConfig(String part, String replacement, String reason)
            throws IOException {
        new TinyGpt2(4, 0, true, "transformer.", 1).write(folder);
        Path config = folder.resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains(part);
        Files.writeString(config, text.replace(part, replacement));
        assertRefused(reason);
    }

    @Test
    void shouldRefuseDamagedWeights() throws IOException {
        new TinyLlama(4, 2, 6, true, false, 1).write(folder);
        Path file = folder.resolve("model.safetensors");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 100));
        assertRefused("outside the file", "truncated?");
        Files.delete(file);
        assertRefused("model.safetensors: no such file");
        String header =
                "{\"model.embed_tokens.weight\":{\"dtype\":\"I32\",\"shape\":[41,24],\"data_offsets\":[0,3936]}}";
        SafetensorsWriter.write(file, header, new byte[3936]);
        assertRefused("tensor model.embed_tokens.weight has dtype INT32");
        Files.delete(folder.resolve("config.json"));
        assertRefused("config.json");
    }
}
