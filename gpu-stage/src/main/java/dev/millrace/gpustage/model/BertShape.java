package dev.millrace.gpustage.model;

import java.nio.file.Path;
import java.util.Set;

/**
 * The shape of a {@code BertModel}, from its {@code config.json}.
 *
 * @param vocabularySize rows of the word embedding
 * @param hidden width of the residual stream and of an embedding
 * @param ffn width inside the MLP
 * @param layers encoder layers
 * @param heads attention heads; divides {@code hidden}
 * @param contextTokens rows of the position embedding
 * @param tokenTypes rows of the token-type embedding
 * @param normEps epsilon of LayerNorm
 * @param activation {@code gelu}, {@code gelu_new} or {@code relu}
 */
public record BertShape(
        int vocabularySize,
        int hidden,
        int ffn,
        int layers,
        int heads,
        int contextTokens,
        int tokenTypes,
        double normEps,
        String activation) {
    private static final int MOST = 1 << 24;

    /** Reads {@code config.json} in {@code folder}. */
    public static BertShape read(Path folder) {
        ConfigJson config = ConfigJson.read(folder.resolve("config.json"));
        config.oneOf("position_embedding_type", "absolute", Set.of("absolute"));
        int hidden = config.integer("hidden_size", 1, MOST);
        int heads = config.integer("num_attention_heads", 1, 4096);
        if (hidden % heads != 0) {
            throw config.bad(
                    "num_attention_heads", "a divisor of hidden_size (" + hidden + ") is expected");
        }
        return new BertShape(
                config.integer("vocab_size", 1, MOST),
                hidden,
                config.integer("intermediate_size", 1, MOST),
                config.integer("num_hidden_layers", 1, 4096),
                heads,
                config.integer("max_position_embeddings", 1, MOST),
                config.integer("type_vocab_size", 1, MOST, 2),
                config.number("layer_norm_eps", 0, 1, 1e-12),
                config.oneOf("hidden_act", "gelu", Set.of("gelu", "gelu_new", "relu")));
    }
}
