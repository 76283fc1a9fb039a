package dev.millrace.stages.tokenizer.compiled;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A tokenizer.json to a {@link TokenEncoder}. What it does not know, and what a file says that no
 * checkpoint in use says, it refuses: the file then goes to Hugging Face's own tokenizers. Control
 * path: runs when models load.
 */
public final class TokenizerCompiler {
    private TokenizerCompiler() {}

    /**
     * @param file a tokenizer.json
     * @throws Unsupported naming what is not known here
     */
    public static TokenEncoder compile(JsonNode file) throws Unsupported {
        Fields.only(
                file,
                "tokenizer.json",
                "version",
                "truncation",
                "padding",
                "added_tokens",
                "normalizer",
                "pre_tokenizer",
                "post_processor",
                "decoder",
                "model");
        Vocabulary vocabulary = Vocabulary.read(file.path("model").path("vocab"));
        List<TextStep> steps = NormalizerCompiler.steps(file.path("normalizer"));
        TextStep normalizer = steps.isEmpty() ? null : new TextSteps(steps);
        Pieces pieces = Pieces.compile(file.path("pre_tokenizer"), normalizer == null);
        ModelCompiler model = ModelCompiler.compile(file.path("model"), vocabulary, pieces);
        AddedTokens plain = new AddedTokens();
        AddedTokens normalized = new AddedTokens();
        addTokens(file.path("added_tokens"), vocabulary, plain, normalized, normalizer);
        Specials specials = Specials.compile(file.path("post_processor"));
        var parts =
                new TokenizerParts(
                        specials.before(),
                        plain,
                        normalizer,
                        normalized,
                        pieces.prepareFirst(),
                        pieces.prepare(),
                        model.scanner(),
                        new CachedWords(model.model()),
                        specials.behind());
        return new TokenEncoder(parts);
    }

    private static void addTokens(
            JsonNode entries,
            Vocabulary vocabulary,
            AddedTokens plain,
            AddedTokens normalized,
            @Nullable TextStep normalizer)
            throws Unsupported {
        Set<String> contents = new HashSet<>();
        Set<Integer> ids = new HashSet<>();
        int next = vocabulary.size();
        // Special ones come first where two are equal once normalized.
        for (JsonNode entry : entries) {
            String content = Fields.text(entry, "content");
            Integer known = vocabulary.find(content);
            int id = Fields.integer(entry, "id");
            if (!contents.add(content) || !ids.add(id)) {
                throw new Unsupported("added token " + id + ", whose content or id is not its own");
            }
            // A token that the model does not know gets the next number, whatever the file says.
            int given = known == null ? next : known;
            if (id != given) {
                throw new Unsupported("added token " + id + ", which would be numbered " + given);
            }
            next = Math.max(next, id + 1);
        }
        for (boolean special : new boolean[] {true, false}) {
            for (JsonNode entry : entries) {
                if (Fields.flag(entry, "special", false) == special) {
                    add(entry, plain, normalized, normalizer);
                }
            }
        }
    }

    private static void add(
            JsonNode entry,
            AddedTokens plain,
            AddedTokens normalized,
            @Nullable TextStep normalizer)
            throws Unsupported {
        byte[] content = Fields.text(entry, "content").getBytes(StandardCharsets.UTF_8);
        var token =
                new AddedTokens.Added(
                        Fields.integer(entry, "id"),
                        Fields.flag(entry, "single_word", false),
                        Fields.flag(entry, "lstrip", false),
                        Fields.flag(entry, "rstrip", false));
        if (!Fields.flag(entry, "normalized", true)) {
            plain.put(content, token);
            return;
        }
        if (normalizer != null) {
            Utf8Text text = new Utf8Text();
            normalizer.apply(content, 0, content.length, text);
            content = java.util.Arrays.copyOf(text.bytes(), text.length());
        }
        normalized.put(content, token);
    }

    /** The vocabulary as a map, with each id once. */
    record Vocabulary(Map<String, Integer> ids) {
        static Vocabulary read(JsonNode vocab) throws Unsupported {
            if (!vocab.isObject()) {
                throw new Unsupported("a vocabulary that is not a map of tokens to ids");
            }
            Map<String, Integer> ids = new java.util.HashMap<>();
            Set<Integer> seen = new HashSet<>();
            for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
                int id = entry.getValue().asInt(-1);
                if (id < 0 || !seen.add(id)) {
                    throw new Unsupported("id " + entry.getValue() + " of more than one token");
                }
                ids.put(entry.getKey(), id);
            }
            return new Vocabulary(ids);
        }

        int size() {
            return ids.size();
        }

        @Nullable Integer find(String token) {
            return ids.get(token);
        }
    }
}
