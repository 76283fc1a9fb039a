package dev.millrace.stages.tokenizer;

import dev.millrace.stages.tokenizer.compiled.ByteLevelAlphabet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Parts of tokenizer.json files. */
final class TokenizerJson {
    static final String NONE = "null";
    static final String BEGIN =
            """
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
             {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}},
             {"Sequence": {"id": "B", "type_id": 0}}],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [0, 0], "tokens": ["<s>", "<s>"]},
             "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}}
            """;
    static final String WRAPPED =
            """
            {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
             "trim_offsets": true, "add_prefix_space": true}
            """;
    static final String BERT_WRAPPED =
            "{\"type\": \"BertProcessing\", \"sep\": [\"</s>\", 1], \"cls\": [\"<s>\", 0]}";
    static final String BERT_PIECES = "{\"type\": \"BertPreTokenizer\"}";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long SEED = 1813;
    private static final int MERGES = 600;

    /** Text that vocabularies are made of: characters, in the proportions of the tests' texts. */
    private static final String TEXT =
            "  eettaaooiinnsshhrrddlluu ''ssttmmddrreevvll aabbcc 001122 \n\n\t ..,,--((<<|| ESTLRM"
                    + "éàüåñ слово日本語中文字한국어ー👍‍\u0301\u0323";

    private TokenizerJson() {}

    static String bytes(boolean prefixSpace, boolean words) {
        return """
        {"type": "ByteLevel", "add_prefix_space": %b, "trim_offsets": true, "use_regex": %b}
        """
                .formatted(prefixSpace, words);
    }

    static String sequence(String... steps) {
        return "{\"type\": \"Sequence\", \"pretokenizers\": [" + String.join(",", steps) + "]}";
    }

    /** Llama 3's words, with another pattern for numbers. */
    static String split(String numbers) {
        return """
        {"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|\
        [^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|%s| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\
        \\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"}, "behavior": "Isolated", "invert": false}
        """
                .formatted(numbers);
    }

    static String digits() {
        return "{\"type\": \"Digits\", \"individual_digits\": true}";
    }

    static String normalizers(String... steps) {
        return "{\"type\": \"Sequence\", \"normalizers\": [" + String.join(",", steps) + "]}";
    }

    static String normalizer(String type) {
        return "{\"type\": \"" + type + "\"}";
    }

    static String prepend() {
        return "{\"type\": \"Prepend\", \"prepend\": \"▁\"}";
    }

    static String replace() {
        return "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"▁\"}";
    }

    static String metaspace(String prepends, boolean split) {
        return """
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "%s", "split": %b}
        """
                .formatted(prepends, split);
    }

    static String bert(boolean lowercase, String stripAccents) {
        return """
        {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": %s, "lowercase": %b}
        """
                .formatted(stripAccents, lowercase);
    }

    /** The first tokens of every vocabulary here, as added ones. */
    static String added(boolean strips, boolean single, boolean normalized) {
        return String.join(
                ",",
                token(0, "<s>", false, strips, single, false),
                token(1, "</s>", strips, false, false, false),
                token(2, "<unk>", false, false, false, false),
                token(3, "<|eot|>", strips, strips, single, normalized),
                token(4, "Tool é", false, strips, single, normalized),
                token(5, " two", strips, false, false, normalized),
                token(6, " two three", false, false, false, normalized));
    }

    private static String token(
            int id,
            String content,
            boolean left,
            boolean right,
            boolean single,
            boolean normalized) {
        return """
        {"id": %d, "content": "%s", "single_word": %b, "lstrip": %b, "rstrip": %b,
         "normalized": %b, "special": %b}
        """
                .formatted(id, content, single, left, right, normalized, id < 4);
    }

    private static Map<String, Integer> firstTokens() {
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (String token :
                List.of("<s>", "</s>", "<unk>", "<|eot|>", "Tool é", " two", " two three")) {
            vocabulary.put(token, vocabulary.size());
        }
        return vocabulary;
    }

    /** Byte-level BPE. */
    static String bytePairs(boolean ignoreMerges) {
        Map<String, Integer> vocabulary = firstTokens();
        for (int value = 0; value < 256; value++) {
            vocabulary.put(String.valueOf(ByteLevelAlphabet.letter(value)), vocabulary.size());
        }
        var spelled = new StringBuilder();
        for (byte value : TEXT.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            spelled.append(ByteLevelAlphabet.letter(value & 0xFF));
        }
        ObjectNode model = pairs(vocabulary, spelled.toString(), token -> true);
        if (ignoreMerges) {
            // A token that no merge makes.
            vocabulary.put("Ġnever", vocabulary.size());
        }
        model.put("ignore_merges", ignoreMerges);
        return model.set("vocab", JSON.valueToTree(vocabulary)).toString();
    }

    /** SentencePiece's BPE. */
    static String characterPairs(boolean byteFallback, boolean fuseUnknown) {
        Map<String, Integer> vocabulary = firstTokens();
        for (int value = 0; byteFallback && value < 256; value++) {
            vocabulary.put(String.format("<0x%02X>", value), vocabulary.size());
        }
        // Digits and Hangul are not known.
        String text = TEXT.replace(' ', '▁').replaceAll("[0-9\\p{IsHangul}]", "") + "▁▁";
        ObjectNode model = pairs(vocabulary, text, token -> !token.endsWith("e▁"));
        model.put("unk_token", "<unk>")
                .put("fuse_unk", fuseUnknown)
                .put("byte_fallback", byteFallback);
        return model.set("vocab", JSON.valueToTree(vocabulary)).toString();
    }

    /** Merges of any two tokens: some make a token that another merge makes, too. */
    private static ObjectNode pairs(
            Map<String, Integer> vocabulary, String text, Predicate<String> wanted) {
        var random = new SplittableRandom(SEED);
        List<String> parts = new java.util.ArrayList<>();
        text.codePoints()
                .mapToObj(Character::toString)
                .forEach(one -> {
                    parts.add(one);
                    vocabulary.putIfAbsent(one, vocabulary.size());
                });
        ObjectNode model = JSON.createObjectNode();
        model.put("type", "BPE").putNull("dropout").putNull("unk_token");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", false);
        ArrayNode merges = model.putArray("merges");
        while (merges.size() < MERGES) {
            // Neighbours in the text are what texts are likely to have.
            int at = random.nextInt(parts.size() - 1);
            boolean near = random.nextInt(3) > 0;
            String left = parts.get(at);
            String right = parts.get(near ? at + 1 : random.nextInt(parts.size()));
            String both = left + right;
            if (both.length() <= 12 && wanted.test(both)) {
                vocabulary.putIfAbsent(both, vocabulary.size());
                parts.add(random.nextInt(parts.size()), both);
                merges.add(JSON.createArrayNode().add(left).add(right));
            }
        }
        return model;
    }

    static String wordPieces() {
        Map<String, Integer> vocabulary = firstTokens();
        var random = new SplittableRandom(SEED);
        int[] points = (TEXT + "eaouçåeaou").codePoints().filter(p -> p > ' ').toArray();
        for (int i = 0; i < 8 * MERGES; i++) {
            var token = new StringBuilder(random.nextBoolean() ? "##" : "");
            for (int length = 1 + random.nextInt(4); length > 0; length--) {
                token.appendCodePoint(points[random.nextInt(points.length)]);
            }
            vocabulary.putIfAbsent(token.toString(), vocabulary.size());
        }
        ObjectNode model = JSON.createObjectNode();
        model.put("type", "WordPiece")
                .put("unk_token", "<unk>")
                .put("continuing_subword_prefix", "##")
                .put("max_input_chars_per_word", 20);
        return model.set("vocab", JSON.valueToTree(vocabulary)).toString();
    }
}
