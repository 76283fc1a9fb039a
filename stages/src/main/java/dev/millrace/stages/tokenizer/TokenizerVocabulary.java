package dev.millrace.stages.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a tokenizer.json says about turning ids back into text. Read once, when a model loads.
 *
 * @param tokens by id, as spelled in the model's vocabulary; null where no token has the id
 * @param added the added tokens
 * @param spelling how a token's spelling stands for its text
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and ids have holes.
record TokenizerVocabulary(@Nullable String[] tokens, List<Added> added, Spelling spelling) {
    /** No vocabulary in use is near this; a larger id is a damaged file. */
    private static final int MAX_ID = 1 << 22;

    /** One entry of {@code added_tokens}. */
    record Added(int id, String content, boolean special) {}

    /** How tokens are spelled; fixed by the file's decoder. */
    enum Spelling {
        /** GPT-2: one printable character per byte. */
        BYTE_LEVEL,
        /** SentencePiece: {@code ▁} for a space, {@code <0xXX>} for a byte. */
        METASPACE,
        /** BERT: {@code ##} where no space comes before. */
        WORD_PIECE,
        /** Early BPE: a suffix where a space comes behind. */
        WORD_SUFFIX,
        /** As it stands. */
        PLAIN
    }

    /**
     * @throws IllegalArgumentException naming what in the file is wrong
     */
    static TokenizerVocabulary read(JsonNode file) {
        List<Added> added = added(file.path("added_tokens"));
        JsonNode model = file.path("model");
        JsonNode vocab = model.path("vocab");
        int size = 0;
        for (Added token : added) {
            size = Math.max(size, token.id() + 1);
        }
        @Nullable String[] tokens;
        if (vocab.isObject()) {
            for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
                size = Math.max(size, id(entry.getValue(), "model.vocab") + 1);
            }
            tokens = new String[size];
            for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
                tokens[entry.getValue().intValue()] = entry.getKey();
            }
        } else if (vocab.isArray()) {
            tokens = new String[Math.max(size, vocab.size())];
            for (int id = 0; id < vocab.size(); id++) {
                // Unigram: [token, score].
                tokens[id] = vocab.path(id).path(0).asString();
            }
        } else {
            throw new IllegalArgumentException(
                    "model.vocab is missing; expected an object or an array");
        }
        return new TokenizerVocabulary(tokens, added, spelling(file));
    }

    private static List<Added> added(JsonNode entries) {
        List<Added> added = new ArrayList<>();
        for (JsonNode entry : entries) {
            added.add(
                    new Added(
                            id(entry.path("id"), "added_tokens"),
                            entry.path("content").asString(""),
                            entry.path("special").asBoolean(false)));
        }
        return added;
    }

    private static int id(JsonNode value, String field) {
        if (!value.isInt() || value.intValue() < 0 || value.intValue() > MAX_ID) {
            throw new IllegalArgumentException(
                    field + ": id " + value + "; expected an integer from 0 to " + MAX_ID);
        }
        return value.intValue();
    }

    private static Spelling spelling(JsonNode file) {
        JsonNode decoder = file.path("decoder");
        Spelling found = one(decoder);
        for (JsonNode step : decoder.path("decoders")) {
            if (found == Spelling.PLAIN) {
                found = one(step);
            }
        }
        return found;
    }

    private static Spelling one(JsonNode decoder) {
        return switch (decoder.path("type").asString("")) {
            case "ByteLevel" -> Spelling.BYTE_LEVEL;
            case "Metaspace", "ByteFallback" -> Spelling.METASPACE;
            case "Replace" ->
                    decoder.path("pattern").path("String").asString("").equals("▁")
                            ? Spelling.METASPACE
                            : Spelling.PLAIN;
            case "WordPiece" -> Spelling.WORD_PIECE;
            case "BPEDecoder" -> Spelling.WORD_SUFFIX;
            default -> Spelling.PLAIN;
        };
    }

    /** Characters of the longest token; at least 1. */
    int longestTokenChars() {
        int longest = 1;
        for (String token : tokens) {
            longest = Math.max(longest, token == null ? 0 : token.length());
        }
        for (Added token : added) {
            longest = Math.max(longest, token.content().length());
        }
        return longest;
    }
}
