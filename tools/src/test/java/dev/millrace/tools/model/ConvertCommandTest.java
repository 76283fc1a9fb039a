package dev.millrace.tools.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.gguf.GgmlType;
import dev.millrace.gpustage.gguf.GgufFile;
import dev.millrace.gpustage.gguf.GgufTensor;
import dev.millrace.gpustage.weights.CheckpointIndex;
import dev.millrace.gpustage.weights.StoredTensor;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What becomes GGUF comes back, and what comes as GGUF is refused where it would be guessed. */
class ConvertCommandTest {
    @TempDir Path parent;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(Object... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(words);
    }

    private Path converted(Path from, String name, Object... more) {
        Path to = parent.resolve(name);
        List<Object> arguments = new ArrayList<>(List.of("model", "convert", from, "--out", to));
        arguments.addAll(List.of(more));
        assertThat(millrace(arguments.toArray())).as("%s", err).isZero();
        return to;
    }

    /** Hidden 64, heads of 16. */
    private Path random(String architecture, String more) throws IOException {
        String shape =
                """
                {"architectures":["%s"],"vocab_size":320,"hidden_size":64,"intermediate_size":96,
                 "num_hidden_layers":2,"num_attention_heads":4,"max_position_embeddings":128,
                 "bos_token_id":1,"eos_token_id":2,"rms_norm_eps":1e-5,%s}
                """
                        .formatted(architecture, more);
        Path like = Files.writeString(parent.resolve("like.json"), shape);
        Path folder = parent.resolve("random");
        assertThat(millrace("model", "random", "--like", like, "--out", folder, "--seed", 3))
                .as("%s", err)
                .isZero();
        return folder;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    LlamaForCausalLM   | "num_key_value_heads":2
                    LlamaForCausalLM   | "attention_bias":true,"mlp_bias":true
                    LlamaForCausalLM   | "tie_word_embeddings":true,"head_dim":32,"rope_theta":500000.0
                    LlamaForCausalLM   | "rope_scaling":{"rope_type":"linear","factor":2.5}
                    LlamaForCausalLM   | "rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},"rope_theta":500000.0,"head_dim":64
                    MistralForCausalLM | "num_key_value_heads":1,"sliding_window":null
                    Qwen2ForCausalLM   | "num_key_value_heads":2
                    Qwen3ForCausalLM   | "num_key_value_heads":2,"head_dim":32
                    """)
    void shouldGiveBackTheSameModel(String architecture, String more) throws IOException {
        Path original = random(architecture, more);
        Path gguf = converted(original, "model.gguf", "--type", "f32");

        Path back = converted(gguf, "back");

        assertThat(weights(back)).isEqualTo(weights(original));
        JsonNode before = ModelConfig.read(original.resolve("config.json")).root();
        JsonNode after = ModelConfig.read(back.resolve("config.json")).root();
        String expected = architecture.replace("Mistral", "Llama");
        assertThat(after.path("architectures").path(0).asString()).isEqualTo(expected);
        for (Map.Entry<String, JsonNode> entry : before.properties()) {
            String key = entry.getKey();
            // What is false or null by default may be said or not.
            if (!key.equals("architectures") && !entry.getValue().isNull()) {
                assertThat(after.path(key)).as(key).isEqualTo(entry.getValue());
            }
        }
        assertThat(out.toString()).contains(expected, "parameters, [FP32]");
    }

    /** Every element, as text: names, shapes and values are all that a model is. */
    private static Map<String, List<Float>> weights(Path folder) throws IOException {
        Map<String, List<Float>> weights = new java.util.TreeMap<>();
        try (CheckpointIndex index = CheckpointIndex.open(folder)) {
            for (StoredTensor tensor : index.tensors()) {
                int count = tensor.shape().stream().reduce(1L, (a, b) -> a * b).intValue();
                float[] elements = new float[count];
                index.elements(tensor.name(), tensor.shapeArray()).read(0, elements, count);
                List<Float> list = new ArrayList<>(count);
                for (float element : elements) {
                    list.add(element);
                }
                weights.put(tensor.name() + tensor.shape(), list);
            }
        }
        return weights;
    }

    /** Row {@code s * 8 + j} of a head of 16 lies at {@code 2 * j + s}: llama.cpp rotates pairs. */
    @Test
    void shouldMoveTheRowsThatAreRotated() throws IOException {
        Path original = random("LlamaForCausalLM", "\"num_key_value_heads\":2");
        Path gguf = converted(original, "model.gguf", "--type", "f32");
        try (GgufFile file = GgufFile.open(gguf);
                CheckpointIndex index = CheckpointIndex.open(original)) {
            for (String[] pair : new String[][] {{"q", "4"}, {"k", "2"}}) {
                int heads = Integer.parseInt(pair[1]);
                String name = "model.layers.1.self_attn." + pair[0] + "_proj.weight";
                float[] ours = new float[heads * 16 * 64];
                index.elements(name, heads * 16L, 64).read(0, ours, ours.length);
                GgufTensor tensor =
                        Objects.requireNonNull(file.find("blk.1.attn_" + pair[0] + ".weight"));
                float[] theirs = new float[ours.length];
                file.elements(tensor).read(0, theirs, theirs.length);
                for (int head = 0; head < heads; head++) {
                    for (int s = 0; s < 2; s++) {
                        for (int j = 0; j < 8; j++) {
                            int our = (head * 16 + s * 8 + j) * 64;
                            int their = (head * 16 + 2 * j + s) * 64;
                            assertThat(java.util.Arrays.copyOfRange(theirs, their, their + 64))
                                    .containsExactly(
                                            java.util.Arrays.copyOfRange(ours, our, our + 64));
                        }
                    }
                }
            }
        }
    }

    @Test
    void shouldKeepFloatsAndWidenBlocks() throws IOException {
        Path gguf = new TinyGguf().write(parent.resolve("tiny.gguf"));

        Path folder = converted(gguf, "folder");

        try (CheckpointIndex index = CheckpointIndex.open(folder)) {
            Map<String, String> types = new java.util.HashMap<>();
            index.tensors().forEach(tensor -> types.put(tensor.name(), tensor.dtype().name()));
            assertThat(types)
                    .containsEntry("model.embed_tokens.weight", "FP16")
                    .containsEntry("model.layers.0.self_attn.q_proj.weight", "FP16")
                    .containsEntry("lm_head.weight", "BF16")
                    .containsEntry("model.norm.weight", "FP32");
            float[] element = new float[1];
            index.elements("model.layers.0.self_attn.q_proj.weight", 32, 32).read(100, element, 1);
            assertThat(element).containsExactly(0.5f);
        }
        assertThat(Inspection.of(converted(gguf, "wide", "--type", "f32")).dtypes())
                .containsOnlyKeys("FP16", "BF16", "FP32");
    }

    @Test
    void shouldSayThatHalvesCannotHoldAWeight() throws IOException {
        Path gguf =
                new TinyGguf()
                        .tensor("blk.0.attn_q.weight", GgmlType.Q8_0, 1e6f, 32, 32)
                        .write(parent.resolve("tiny.gguf"));
        Path folder = parent.resolve("folder");

        assertThat(millrace("model", "convert", gguf, "--out", folder)).isEqualTo(1);

        assertThat(err.toString())
                .contains(
                        "tiny.gguf: tensor blk.0.attn_q.weight holds ", "f16 holds numbers up to");
        assertThat(parent).isDirectoryNotContaining(path -> path.toString().contains("folder"));
        converted(gguf, "folder", "--type", "bf16");
    }

    /** What is done to a file. */
    @FunctionalInterface
    interface Change {
        void to(TinyGguf file);
    }

    @Test
    void shouldRefuseWhatItCannotCarryOver() throws IOException {
        refused(
                f -> f.set("general.architecture", "gemma"),
                "general.architecture is gemma; one of llama, qwen2, qwen3");
        refused(f -> f.drop("general.architecture"), "general.architecture is missing");
        refused(f -> f.drop("llama.block_count"), "llama.block_count is missing; a whole number");
        refused(f -> f.set("llama.block_count", 2), "tensor blk.1.attn_norm.weight is missing");
        refused(f -> f.set("llama.block_count", 0), "llama.block_count is 0");
        refused(f -> f.set("llama.expert_count", 8), "llama.expert_count is 8; 0 is expected");
        refused(f -> f.set("llama.attention.sliding_window", 9), "sliding_window is 9; 64");
        refused(
                f -> f.set("llama.rope.scaling.type", "yarn"),
                "scaling.type is yarn; none or linear");
        refused(f -> f.set("llama.attention.head_count_kv", 3), "head_count_kv is 3");
        refused(f -> f.set("llama.attention.head_count_kv", new int[] {1}), "an array of 1");
        refused(f -> f.set("llama.attention.value_length", 8), "value_length is 8; 16");
        refused(
                f -> f.set("llama.embedding_length", 64),
                "token_embd.weight has shape [264, 32]; the metadata ask for [264, 64]");
        refused(f -> f.drop("blk.0.ffn_up.weight"), "tensor blk.0.ffn_up.weight is missing");
        refused(f -> f.drop("token_embd.weight"), "tensor token_embd.weight of 1 to");
        refused(f -> f.tensor("blk.0.attn_q.bias", GgmlType.F32, 0, 32), "attn_k.bias is missing");
        refused(
                f -> f.tensor("blk.0.odd.weight", GgmlType.F32, 0, 1),
                "1 tensors that llama has no place for: blk.0.odd.weight");
        refused(f -> f.tensor("rope_freqs.weight", GgmlType.F32, 3, 4), "has shape [4]; [8]");
        refused(
                f -> f.tensor("rope_freqs.weight", GgmlType.F32, 3, 8),
                "in another way than Llama 3");
        refused(
                f -> f.set("tokenizer.ggml.model", "bert"),
                "tokenizer.ggml.model is bert; llama or gpt2");
        refused(
                f -> f.set("tokenizer.ggml.model", "gpt2").set("tokenizer.ggml.pre", "tekken"),
                "tokenizer.ggml.pre is tekken; one of gpt-2, llama-bpe, qwen2, smollm, default");
        refused(f -> f.set("tokenizer.ggml.model", "gpt2"), "tokenizer.ggml.merges is missing");
        refused(
                f ->
                        f.set("tokenizer.ggml.model", "gpt2")
                                .set("tokenizer.ggml.merges", List.of("a z")),
                "not 'a z'");
        refused(
                f ->
                        f.set("tokenizer.ggml.model", "gpt2")
                                .set("tokenizer.ggml.merges", List.of("az")),
                "not 'az'");
        refused(f -> f.drop("tokenizer.ggml.tokens"), "tokenizer.ggml.tokens is missing");
        refused(
                f -> f.set("tokenizer.ggml.tokens", List.of("a", "a")),
                "token_type is an array of 264");
        refused(
                f ->
                        f.set("tokenizer.ggml.tokens", List.of("a", "a"))
                                .set("tokenizer.ggml.token_type", new int[] {1, 1}),
                "one is twice 'a'");
        refused(
                f -> f.set("tokenizer.ggml.token_type", new int[] {9}),
                "1 to 6 are expected, not 9");
        refused(f -> f.drop("tokenizer.ggml.scores"), "tokenizer.ggml.scores is missing");
        refused(f -> f.set("tokenizer.ggml.bos_token_id", 264), "bos_token_id is 264");
    }

    private void refused(Change change, String says) throws IOException {
        TinyGguf tiny = new TinyGguf();
        change.to(tiny);
        Path gguf = tiny.write(parent.resolve("tiny.gguf"));
        Path folder = parent.resolve("folder");
        assertThat(millrace("model", "convert", gguf, "--out", folder)).as(says).isEqualTo(1);
        assertThat(err.toString()).startsWith("millrace: " + gguf).contains(says).hasLineCount(1);
        assertThat(folder).doesNotExist();
    }

    @Test
    void shouldRefuseWhatGgufHasNoPlaceFor() throws IOException {
        notWritten("BertModel", "\"type_vocab_size\":2", "architectures");
        notWritten("MistralForCausalLM", "\"sliding_window\":16", "sliding_window: '16'");
        notWritten("Qwen3ForCausalLM", "\"attention_bias\":true", "attention_bias: 'true'");
        notWritten("LlamaForCausalLM", "\"hidden_act\":\"gelu\"", "hidden_act: '\"gelu\"'");
        notWritten("LlamaForCausalLM", "\"rope_scaling\":{\"rope_type\":\"yarn\"}", "rope_scaling");
    }

    private void notWritten(String architecture, String more, String says) throws IOException {
        Path folder = random(architecture, more);
        Path gguf = parent.resolve("model.gguf");
        assertThat(millrace("model", "convert", folder, "--out", gguf)).as(says).isEqualTo(2);
        assertThat(err.toString()).contains(says);
        assertThat(gguf).doesNotExist();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void shouldRefuseToOverwrite() throws IOException {
        Path gguf = new TinyGguf().write(parent.resolve("tiny.gguf"));
        assertThat(millrace("model", "convert", gguf, "--out", gguf)).isEqualTo(2);
        assertThat(err.toString()).contains("--out", "not there yet");
        assertThat(
                        millrace(
                                "model",
                                "convert",
                                gguf,
                                "--out",
                                parent.resolve("x"),
                                "--type",
                                "q8_0"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--type: 'q8_0'", "f16, bf16 or f32");
    }
}
