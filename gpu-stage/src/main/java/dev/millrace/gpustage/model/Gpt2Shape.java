package dev.millrace.gpustage.model;

import java.nio.file.Path;
import java.util.Set;

/**
 * The shape of a {@code GPT2LMHeadModel}, from its {@code config.json}.
 *
 * @param vocabularySize rows of the token embedding
 * @param hidden width of the residual stream; a multiple of {@code heads}
 * @param ffn width inside the MLP
 * @param layers decoder layers
 * @param heads query, key and value heads
 * @param contextTokens rows of the position embedding
 * @param normEps epsilon of LayerNorm
 * @param tiedEmbeddings whether the token embedding is the output head too
 */
record Gpt2Shape(
        int vocabularySize,
        int hidden,
        int ffn,
        int layers,
        int heads,
        int contextTokens,
        double normEps,
        boolean tiedEmbeddings) {
    private static final int MOST = 1 << 24;

    /** Elements of a layer's matrices. */
    long layerWeights() {
        return (long) hidden * (4L * hidden + 2L * ffn);
    }

    /** Reads {@code config.json} in {@code folder}. */
    static Gpt2Shape read(Path folder) {
        ConfigJson config = ConfigJson.read(folder.resolve("config.json"));
        config.oneOf("activation_function", "gelu_new", Set.of("gelu_new", "gelu_pytorch_tanh"));
        must(config, "scale_attn_weights", true);
        must(config, "scale_attn_by_inverse_layer_idx", false);
        must(config, "add_cross_attention", false);
        int hidden = config.integer("n_embd", 1, MOST);
        int heads = config.integer("n_head", 1, 4096);
        if (hidden % heads != 0) {
            throw config.bad("n_head", "a divisor of n_embd (" + hidden + ") is expected");
        }
        return new Gpt2Shape(
                config.integer("vocab_size", 1, MOST),
                hidden,
                config.integer("n_inner", 1, MOST, 4 * hidden),
                config.integer("n_layer", 1, 4096),
                heads,
                config.integer("n_positions", 1, MOST),
                config.number("layer_norm_epsilon", 0, 1, 1e-5),
                config.flag("tie_word_embeddings", true));
    }

    private static void must(ConfigJson config, String key, boolean expected) {
        if (config.flag(key, expected) != expected) {
            throw config.bad(key, expected + " is expected");
        }
    }

    int headDim() {
        return hidden / heads;
    }
}
