package dev.millrace.tools.model;

/** The tensors of {@code LlamaForCausalLM} and its relatives. */
final class LlamaLayout {
    private LlamaLayout() {}

    static CheckpointLayout of(ModelConfig config) {
        String family = config.architecture();
        boolean llama = family.equals("LlamaForCausalLM");
        boolean qwen2 = family.equals("Qwen2ForCausalLM");
        boolean qwen3 = family.equals("Qwen3ForCausalLM");
        boolean attentionBias = (llama || qwen3) && config.flag("attention_bias", false);
        boolean qkvBias = attentionBias || qwen2;
        boolean mlpBias = llama && config.flag("mlp_bias", false);
        int vocabulary = config.size("vocab_size");
        int hidden = config.size("hidden_size");
        int ffn = config.size("intermediate_size");
        int layers = config.size("num_hidden_layers");
        int heads = config.size("num_attention_heads");
        int kvHeads = config.size("num_key_value_heads", heads);
        int headDim = config.size("head_dim", Math.max(1, hidden / heads));
        var built = new CheckpointLayout.Builder();
        built.weight("model.embed_tokens", vocabulary, hidden);
        for (int i = 0; i < layers; i++) {
            String layer = "model.layers." + i + ".";
            String attention = layer + "self_attn.";
            built.rmsNorm(layer + "input_layernorm", hidden)
                    .linear(attention + "q_proj", qkvBias, (long) heads * headDim, hidden)
                    .linear(attention + "k_proj", qkvBias, (long) kvHeads * headDim, hidden)
                    .linear(attention + "v_proj", qkvBias, (long) kvHeads * headDim, hidden)
                    .linear(attention + "o_proj", attentionBias, hidden, (long) heads * headDim);
            if (qwen3) {
                built.rmsNorm(attention + "q_norm", headDim).rmsNorm(attention + "k_norm", headDim);
            }
            built.rmsNorm(layer + "post_attention_layernorm", hidden)
                    .linear(layer + "mlp.gate_proj", mlpBias, ffn, hidden)
                    .linear(layer + "mlp.up_proj", mlpBias, ffn, hidden)
                    .linear(layer + "mlp.down_proj", mlpBias, hidden, ffn);
        }
        built.rmsNorm("model.norm", hidden);
        if (!config.flag("tie_word_embeddings", false)) {
            built.weight("lm_head", vocabulary, hidden);
        }
        return built.build();
    }
}
