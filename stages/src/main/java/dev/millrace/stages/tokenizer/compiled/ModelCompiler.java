package dev.millrace.stages.tokenizer.compiled;

import dev.millrace.stages.tokenizer.compiled.TokenizerCompiler.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A tokenizer.json's {@code model}, with what cuts text into words for it.
 *
 * @param scanner cuts pieces into words
 * @param model words to ids
 */
record ModelCompiler(PieceScanner scanner, WordModel model) {
    static ModelCompiler compile(JsonNode json, Vocabulary vocabulary, Pieces pieces)
            throws Unsupported {
        String type = Fields.type(json);
        return switch (type) {
            case "WordPiece" -> wordPiece(json, vocabulary, pieces);
            case "BPE" -> BytePairCompiler.compile(json, vocabulary, pieces);
            default ->
                    throw new Unsupported(
                            type.isEmpty() ? "a model without a type" : "model " + type);
        };
    }

    private static ModelCompiler wordPiece(JsonNode json, Vocabulary vocabulary, Pieces pieces)
            throws Unsupported {
        Fields.only(
                json,
                "model WordPiece",
                "type",
                "unk_token",
                "continuing_subword_prefix",
                "max_input_chars_per_word",
                "vocab");
        @Nullable Integer unknown = vocabulary.find(json.path("unk_token").asString("[UNK]"));
        if (unknown == null || pieces.byteLevel()) {
            throw new Unsupported("model WordPiece without an unknown token, or of bytes");
        }
        String prefix = json.path("continuing_subword_prefix").asString("##");
        ByteTrie beginnings = new ByteTrie();
        ByteTrie continuations = new ByteTrie();
        for (Map.Entry<String, Integer> token : vocabulary.ids().entrySet()) {
            byte[] text = token.getKey().getBytes(StandardCharsets.UTF_8);
            if (text.length > 0) {
                beginnings.put(text, 0, token.getValue());
            }
            int behind = prefix.getBytes(StandardCharsets.UTF_8).length;
            if (token.getKey().startsWith(prefix) && text.length > behind) {
                continuations.put(text, behind, token.getValue());
            }
        }
        int most =
                json.has("max_input_chars_per_word")
                        ? Fields.integer(json, "max_input_chars_per_word")
                        : 100;
        return new ModelCompiler(
                pieces.scanner() == null ? (text, at, to) -> to : pieces.scanner(),
                new WordPieces(beginnings, continuations, unknown, most));
    }
}
