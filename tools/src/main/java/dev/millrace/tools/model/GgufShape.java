package dev.millrace.tools.model;

import dev.millrace.gpustage.gguf.GgufOutput;

/** The model's shape as GGUF's keys, from a {@code config.json} of the Llama family. */
final class GgufShape {
    private GgufShape() {}

    static int headDim(ModelConfig config) {
        int heads = config.size("num_attention_heads");
        return config.size("head_dim", Math.max(1, config.size("hidden_size") / heads));
    }

    static void write(ModelConfig config, GgufArchitecture architecture, GgufOutput output) {
        refuseWhatHasNoPlace(config, architecture);
        String key = architecture.key() + ".";
        int heads = config.size("num_attention_heads");
        int headDim = headDim(config);
        RopeScaling rope = RopeScaling.of(config);
        output.integer(key + "vocab_size", config.size("vocab_size"))
                .integer(key + "context_length", config.size("max_position_embeddings"))
                .integer(key + "embedding_length", config.size("hidden_size"))
                .integer(key + "block_count", config.size("num_hidden_layers"))
                .integer(key + "feed_forward_length", config.size("intermediate_size"))
                .integer(key + "attention.head_count", heads)
                .integer(key + "attention.head_count_kv", config.size("num_key_value_heads", heads))
                .integer(key + "attention.key_length", headDim)
                .integer(key + "attention.value_length", headDim)
                .number(
                        key + "attention.layer_norm_rms_epsilon",
                        (float) config.number("rms_norm_eps", 1e-6))
                .integer(key + "rope.dimension_count", headDim)
                .number(key + "rope.freq_base", (float) rope.theta());
        if (rope.linearFactor() != 1) {
            output.string(key + "rope.scaling.type", "linear")
                    .number(key + "rope.scaling.factor", (float) rope.linearFactor());
        }
        RopeScaling.Llama3 llama3 = rope.llama3();
        if (llama3 != null) {
            output.integer(key + RopeScaling.ORIGINAL_CONTEXT, llama3.originalContext());
        }
    }

    private static void refuseWhatHasNoPlace(ModelConfig config, GgufArchitecture architecture) {
        if (config.has("hidden_act")
                && !config.root().path("hidden_act").asString("").equals("silu")) {
            throw config.bad("hidden_act", "silu");
        }
        if (architecture == GgufArchitecture.QWEN3 && config.flag("attention_bias", false)) {
            throw config.bad("attention_bias", "false, as GGUF's architecture qwen3 has no biases");
        }
        if (architecture != GgufArchitecture.LLAMA && config.flag("use_sliding_window", false)) {
            throw config.bad("use_sliding_window", "false");
        }
    }
}
