package dev.millrace.tools.model;

/** The tensors of {@code BertModel}, without the pooler, which embeddings do not use. */
final class BertLayout {
    private BertLayout() {}

    static CheckpointLayout of(ModelConfig config) {
        int hidden = config.size("hidden_size");
        int ffn = config.size("intermediate_size");
        int layers = config.size("num_hidden_layers");
        var built = new CheckpointLayout.Builder();
        built.weight("embeddings.word_embeddings", config.size("vocab_size"), hidden)
                .weight(
                        "embeddings.position_embeddings",
                        config.size("max_position_embeddings"),
                        hidden)
                .weight(
                        "embeddings.token_type_embeddings",
                        config.size("type_vocab_size", 2),
                        hidden)
                .layerNorm("embeddings.LayerNorm", hidden);
        for (int i = 0; i < layers; i++) {
            String layer = "encoder.layer." + i + ".";
            String attention = layer + "attention.";
            built.linear(attention + "self.query", true, hidden, hidden)
                    .linear(attention + "self.key", true, hidden, hidden)
                    .linear(attention + "self.value", true, hidden, hidden)
                    .linear(attention + "output.dense", true, hidden, hidden)
                    .layerNorm(attention + "output.LayerNorm", hidden)
                    .linear(layer + "intermediate.dense", true, ffn, hidden)
                    .linear(layer + "output.dense", true, hidden, ffn)
                    .layerNorm(layer + "output.LayerNorm", hidden);
        }
        return built.build();
    }
}
