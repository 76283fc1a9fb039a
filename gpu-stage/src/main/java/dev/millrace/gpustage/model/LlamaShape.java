package dev.millrace.gpustage.model;

import java.nio.file.Path;
import java.util.Set;

/**
 * The shape of a {@code LlamaForCausalLM} or a relative of it, from its {@code config.json}.
 *
 * @param vocabularySize rows of the embedding
 * @param hidden width of the residual stream
 * @param ffn width inside the MLP
 * @param layers decoder layers
 * @param heads query heads
 * @param kvHeads key and value heads; divides {@code heads}
 * @param headDim width of a head; even
 * @param contextTokens positions the model was trained for
 * @param windowTokens how many tokens a token sees, itself among them; {@code contextTokens} where
 *     it sees all that come before it
 * @param normEps epsilon of RMSNorm
 * @param rotary frequencies of the rotary positions
 * @param tiedEmbeddings whether the embedding is the output head too
 * @param headNorm whether q and k are normalised, head by head, before they are rotated
 * @param qkvBias whether q, k and v have biases
 * @param outputBias whether o has one
 * @param mlpBias whether gate, up and down have biases
 */
record LlamaShape(
        int vocabularySize,
        int hidden,
        int ffn,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int contextTokens,
        int windowTokens,
        double normEps,
        RotaryScaling rotary,
        boolean tiedEmbeddings,
        boolean headNorm,
        boolean qkvBias,
        boolean outputBias,
        boolean mlpBias) {
    private static final int MOST = 1 << 24;

    /** Elements of a layer's matrices. */
    long layerWeights() {
        return (long) hidden * (2L * (heads + kvHeads) * headDim + 3L * ffn);
    }

    /** Reads {@code config.json} in {@code folder}. */
    static LlamaShape read(Path folder) {
        ConfigJson config = ConfigJson.read(folder.resolve("config.json"));
        Architecture architecture = Architecture.of(config);
        config.oneOf("hidden_act", "silu", Set.of("silu"));
        int hidden = config.integer("hidden_size", 1, MOST);
        int heads = config.integer("num_attention_heads", 1, 4096);
        int kvHeads = config.integer("num_key_value_heads", 1, heads, heads);
        if (heads % kvHeads != 0) {
            throw config.bad(
                    "num_key_value_heads",
                    "a divisor of num_attention_heads (" + heads + ") is expected");
        }
        int headDim = config.integer("head_dim", 2, MOST, hidden / heads);
        if (headDim % 2 != 0 || headDim == 0) {
            throw config.bad(
                    "head_dim",
                    "an even number is expected, and hidden_size / num_attention_heads gives "
                            + headDim);
        }
        int contextTokens = config.integer("max_position_embeddings", 1, MOST);
        boolean bias =
                (architecture == Architecture.LLAMA || architecture == Architecture.QWEN3)
                        && config.flag("attention_bias", false);
        return new LlamaShape(
                config.integer("vocab_size", 1, MOST),
                hidden,
                config.integer("intermediate_size", 1, MOST),
                config.integer("num_hidden_layers", 1, 4096),
                heads,
                kvHeads,
                headDim,
                contextTokens,
                windowTokens(config, architecture, contextTokens),
                config.number("rms_norm_eps", 0, 1, 1e-6),
                RotaryScaling.read(config),
                config.flag("tie_word_embeddings", false),
                architecture == Architecture.QWEN3,
                bias || architecture == Architecture.QWEN2,
                bias,
                architecture == Architecture.LLAMA && config.flag("mlp_bias", false));
    }

    /**
     * Mistral's {@code sliding_window}, which is 4096 where the key is absent and without bound
     * where it is null. Qwen's window is off unless {@code use_sliding_window} turns it on for some
     * layers, which is refused.
     */
    private static int windowTokens(
            ConfigJson config, Architecture architecture, int contextTokens) {
        if (isQwen(architecture) && config.flag("use_sliding_window", false)) {
            throw config.bad("use_sliding_window", "false is expected");
        }
        if (architecture != Architecture.MISTRAL || config.node("sliding_window").isNull()) {
            return contextTokens;
        }
        return Math.min(contextTokens, config.integer("sliding_window", 1, MOST, 4096));
    }

    private static boolean isQwen(Architecture architecture) {
        return architecture == Architecture.QWEN2 || architecture == Architecture.QWEN3;
    }
}
