package dev.millrace.tools.model;

import dev.millrace.gpustage.gguf.GgmlType;
import dev.millrace.gpustage.gguf.GgufOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A GGUF file of a Llama of one layer, any part of which can be changed. */
final class TinyGguf {
    static final int HIDDEN = 32;

    private final Map<String, Object> keys = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private record Tensor(GgmlType type, float value, List<Long> shape) {}

    /** Two heads of 16, one for keys and values; SentencePiece's tokens are letters a to e. */
    TinyGguf() {
        set("general.architecture", "llama");
        set("llama.context_length", 64);
        set("llama.embedding_length", HIDDEN);
        set("llama.block_count", 1);
        set("llama.feed_forward_length", 64);
        set("llama.attention.head_count", 2);
        set("llama.attention.head_count_kv", 1);
        set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        letters(Map.of());
        tensor("token_embd.weight", GgmlType.Q8_0, 0.5f, 264, HIDDEN);
        tensor("output_norm.weight", GgmlType.F32, 1, HIDDEN);
        tensor("output.weight", GgmlType.BF16, 0.5f, 264, HIDDEN);
        tensor("blk.0.attn_norm.weight", GgmlType.F32, 1, HIDDEN);
        tensor("blk.0.attn_q.weight", GgmlType.Q4_0, 0.5f, HIDDEN, HIDDEN);
        tensor("blk.0.attn_k.weight", GgmlType.F16, 0.5f, 16, HIDDEN);
        tensor("blk.0.attn_v.weight", GgmlType.F16, 0.5f, 16, HIDDEN);
        tensor("blk.0.attn_output.weight", GgmlType.F16, 0.5f, HIDDEN, HIDDEN);
        tensor("blk.0.ffn_norm.weight", GgmlType.F32, 1, HIDDEN);
        tensor("blk.0.ffn_gate.weight", GgmlType.F16, 0.5f, 64, HIDDEN);
        tensor("blk.0.ffn_up.weight", GgmlType.F16, 0.5f, 64, HIDDEN);
        tensor("blk.0.ffn_down.weight", GgmlType.F16, 0.5f, HIDDEN, 64);
    }

    /**
     * The vocabulary of {@code llama}: three specials, all bytes, letters, and tokens with scores.
     */
    TinyGguf letters(Map<String, Float> scored) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
        for (int value = 0; value < 256; value++) {
            tokens.add("<0x%02X>".formatted(value));
            types.add(6);
        }
        for (String letter : List.of("▁", "a", "b", "c", "d")) {
            tokens.add(letter);
            types.add(1);
        }
        List<Float> scores = new ArrayList<>(java.util.Collections.nCopies(tokens.size(), -1000f));
        scored.forEach((token, score) -> {
            tokens.add(token);
            types.add(1);
            scores.add(score);
        });
        float[] floats = new float[scores.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = scores.get(i);
        }
        set("tokenizer.ggml.model", "llama");
        set("tokenizer.ggml.tokens", tokens);
        set("tokenizer.ggml.scores", floats);
        set("tokenizer.ggml.token_type", types.stream().mapToInt(Integer::intValue).toArray());
        if (!scored.isEmpty()) {
            tensor("token_embd.weight", GgmlType.F16, 0.5f, tokens.size(), HIDDEN);
            tensor("output.weight", GgmlType.F16, 0.5f, tokens.size(), HIDDEN);
        }
        return this;
    }

    /** Text, whole number, float, flag, or an array of texts, whole numbers or floats. */
    TinyGguf set(String key, Object value) {
        keys.put(key, value);
        return this;
    }

    TinyGguf drop(String keyOrTensor) {
        if (keys.remove(keyOrTensor) == null) {
            Objects.requireNonNull(tensors.remove(keyOrTensor), keyOrTensor);
        }
        return this;
    }

    /** A tensor that holds one value everywhere. */
    TinyGguf tensor(String name, GgmlType type, float value, long... shape) {
        tensors.put(name, new Tensor(type, value, Arrays.stream(shape).boxed().toList()));
        return this;
    }

    Path write(Path file) throws IOException {
        Files.deleteIfExists(file);
        GgufOutput output = new GgufOutput();
        keys.forEach((key, value) -> put(output, key, value));
        tensors.forEach((name, tensor) ->
                output.add(
                        name,
                        tensor.type,
                        (from, chunk, count) -> Arrays.fill(chunk, 0, count, tensor.value),
                        tensor.shape.stream().mapToLong(Long::longValue).toArray()));
        output.write(file);
        return file;
    }

    private static void put(GgufOutput output, String key, Object value) {
        switch (value) {
            case String text -> output.string(key, text);
            case Integer number -> output.integer(key, number);
            case Float number -> output.number(key, number);
            case Boolean flag -> output.flag(key, flag);
            case int[] numbers -> output.integers(key, numbers);
            case float[] numbers -> output.numbers(key, numbers);
            case List<?> texts ->
                    output.strings(key, texts.stream().map(String.class::cast).toList());
            default -> throw new IllegalArgumentException(key + ": " + value);
        }
    }
}
