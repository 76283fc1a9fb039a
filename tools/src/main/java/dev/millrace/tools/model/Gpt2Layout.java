package dev.millrace.tools.model;

/** The tensors of {@code GPT2LMHeadModel}, whose linear layers are stored transposed. */
final class Gpt2Layout {
    private Gpt2Layout() {}

    static CheckpointLayout of(ModelConfig config) {
        int vocabulary = config.size("vocab_size");
        int hidden = config.size("n_embd");
        int ffn = config.size("n_inner", 4 * hidden);
        int layers = config.size("n_layer");
        var built = new CheckpointLayout.Builder();
        built.weight("transformer.wte", vocabulary, hidden)
                .weight("transformer.wpe", config.size("n_positions"), hidden);
        for (int i = 0; i < layers; i++) {
            String layer = "transformer.h." + i + ".";
            built.layerNorm(layer + "ln_1", hidden);
            transposed(built, layer + "attn.c_attn", hidden, 3L * hidden);
            transposed(built, layer + "attn.c_proj", hidden, hidden);
            built.layerNorm(layer + "ln_2", hidden);
            transposed(built, layer + "mlp.c_fc", hidden, ffn);
            transposed(built, layer + "mlp.c_proj", ffn, hidden);
        }
        built.layerNorm("transformer.ln_f", hidden);
        if (!config.flag("tie_word_embeddings", true)) {
            built.weight("lm_head", vocabulary, hidden);
        }
        return built.build();
    }

    private static void transposed(
            CheckpointLayout.Builder built, String name, long columns, long rows) {
        built.weight(name, columns, rows).bias(name, rows);
    }
}
