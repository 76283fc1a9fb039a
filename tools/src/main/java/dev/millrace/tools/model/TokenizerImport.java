package dev.millrace.tools.model;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tokenizer.json, with what belongs to it, from GGUF's {@code tokenizer.*} keys. It encodes as
 * llama.cpp does: {@code gpt2} is byte-level BPE, {@code llama} is SentencePiece's BPE.
 */
final class TokenizerImport {
    private static final String GGML = "tokenizer.ggml.";

    /** Control tokens that end an answer, whatever the keys say. */
    private static final Set<String> ENDS =
            Set.of("<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end_of_text|>", "<|endoftext|>");

    private final GgufMetadata metadata;
    private final List<String> tokens;
    private final List<TokenType> types = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final boolean sentencePiece;
    private final @Nullable PreTokenizer pre;

    /**
     * @param size rows of the embedding
     * @throws ModelLoadException where the keys describe no tokenizer that is known
     */
    TokenizerImport(GgufMetadata metadata, int size) {
        this.metadata = metadata;
        String model = metadata.string(GGML + "model");
        sentencePiece = model.equals("llama");
        if (!sentencePiece && !model.equals("gpt2")) {
            throw metadata.bad(GGML + "model", "llama or gpt2 is expected");
        }
        pre = sentencePiece ? null : pre();
        tokens = metadata.strings(GGML + "tokens");
        if (tokens.size() > size) {
            throw metadata.bad(GGML + "tokens", "at most " + size + ", the embedding's, expected");
        }
        readTypes();
        for (int id = 0; id < tokens.size(); id++) {
            if (type(id) != TokenType.UNUSED && ids.put(tokens.get(id), id) != null) {
                throw metadata.bad(
                        GGML + "tokens",
                        "unlike ones are expected, but one is twice '"
                                + tokens.get(id).replaceAll("\\p{Cntrl}", " ")
                                + "'");
            }
        }
    }

    private PreTokenizer pre() {
        PreTokenizer named = PreTokenizer.named(metadata.string(GGML + "pre", "default"));
        if (named == null) {
            throw metadata.bad(GGML + "pre", "one of " + PreTokenizer.keys() + " is expected");
        }
        return named;
    }

    private void readTypes() {
        for (long number : metadata.integers(GGML + "token_type")) {
            TokenType type = TokenType.numbered(number);
            if (type == null) {
                throw metadata.bad(GGML + "token_type", "1 to 6 are expected, not " + number);
            }
            types.add(type);
        }
        if (types.size() != tokens.size()) {
            throw metadata.bad(GGML + "token_type", "one for each token is expected");
        }
    }

    private TokenType type(int id) {
        return types.get(id);
    }

    ObjectNode json() {
        ObjectNode root = ModelConfig.JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        root.set("added_tokens", addedTokens());
        root.set("normalizer", normalizer());
        root.set("pre_tokenizer", pre == null ? null : pre.json());
        root.set("post_processor", postProcessor());
        root.set("decoder", decoder());
        root.set("model", model());
        return root;
    }

    private ArrayNode addedTokens() {
        ArrayNode added = ModelConfig.JSON.createArrayNode();
        for (int id = 0; id < tokens.size(); id++) {
            switch (type(id)) {
                case UNKNOWN, CONTROL, USER_DEFINED ->
                        added.addObject()
                                .put("id", id)
                                .put("content", tokens.get(id))
                                .put("single_word", false)
                                .put("lstrip", false)
                                .put("rstrip", false)
                                .put("normalized", false)
                                .put("special", type(id) != TokenType.USER_DEFINED);
                case NORMAL, UNUSED, BYTE -> {}
            }
        }
        return added;
    }

    private boolean prefixesSpace() {
        return sentencePiece && metadata.flag(GGML + "add_space_prefix", true);
    }

    private @Nullable ObjectNode normalizer() {
        ObjectNode normalizer = ModelConfig.JSON.createObjectNode();
        if (!sentencePiece) {
            return pre == PreTokenizer.QWEN2 ? normalizer.put("type", "NFC") : null;
        }
        ArrayNode steps = normalizer.put("type", "Sequence").putArray("normalizers");
        if (prefixesSpace()) {
            steps.addObject().put("type", "Prepend").put("prepend", "▁");
        }
        steps.add(replace(" ", "▁"));
        return normalizer;
    }

    private static ObjectNode replace(String from, String to) {
        ObjectNode replace = ModelConfig.JSON.createObjectNode().put("type", "Replace");
        replace.putObject("pattern").put("String", from);
        return replace.put("content", to);
    }

    private ObjectNode decoder() {
        ObjectNode decoder = ModelConfig.JSON.createObjectNode();
        if (!sentencePiece) {
            return decoder.put("type", "ByteLevel")
                    .put("add_prefix_space", false)
                    .put("trim_offsets", true)
                    .put("use_regex", true);
        }
        ArrayNode steps = decoder.put("type", "Sequence").putArray("decoders");
        steps.add(replace("▁", " "));
        steps.addObject().put("type", "ByteFallback");
        steps.addObject().put("type", "Fuse");
        if (prefixesSpace()) {
            steps.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        return decoder;
    }

    private ObjectNode model() {
        Integer unknown =
                id("unknown_token_id", sentencePiece ? types.indexOf(TokenType.UNKNOWN) : -1);
        ObjectNode model = ModelConfig.JSON.createObjectNode();
        model.put("type", "BPE")
                .putNull("dropout")
                .put("unk_token", unknown == null ? null : tokens.get(unknown))
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix")
                .put("fuse_unk", sentencePiece)
                .put("byte_fallback", sentencePiece)
                .put("ignore_merges", pre != null && pre.ignoresMerges());
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            if (type(id) != TokenType.UNUSED) {
                vocabulary.put(tokens.get(id), id);
            }
        }
        ArrayNode merges = model.putArray("merges");
        for (String[] merge : sentencePiece ? mergesOfScores() : mergesAsWritten()) {
            merges.addArray().add(merge[0]).add(merge[1]);
        }
        return model;
    }

    private List<String[]> mergesAsWritten() {
        List<String[]> merges = new ArrayList<>();
        for (String merge : metadata.strings(GGML + "merges")) {
            int blank = merge.indexOf(' ');
            String left = merge.substring(0, Math.max(0, blank));
            String right = merge.substring(blank + 1);
            if (!ids.containsKey(left)
                    || !ids.containsKey(right)
                    || !ids.containsKey(left + right)) {
                throw metadata.bad(
                        GGML + "merges",
                        "two tokens that make one are expected, not '"
                                + merge.replaceAll("\\p{Cntrl}", " ")
                                + "'");
            }
            merges.add(new String[] {left, right});
        }
        return merges;
    }

    private List<String[]> mergesOfScores() {
        List<Double> scores = metadata.numbers(GGML + "scores");
        if (scores.size() != tokens.size()) {
            throw metadata.bad(GGML + "scores", "one for each token is expected");
        }
        List<Integer> normal = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            if (type(id) == TokenType.NORMAL) {
                normal.add(id);
            }
        }
        return ScoredMerges.of(tokens, normal, scores, ids, metadata);
    }

    private @Nullable ObjectNode postProcessor() {
        Integer begin = addsBegin() ? begin() : null;
        Integer end = metadata.flag(GGML + "add_eos_token", false) ? end() : null;
        if (begin == null && end == null) {
            return null;
        }
        ObjectNode processor =
                ModelConfig.JSON.createObjectNode().put("type", "TemplateProcessing");
        ArrayNode single = processor.putArray("single");
        ArrayNode pair = processor.putArray("pair");
        ObjectNode specials = ModelConfig.JSON.createObjectNode();
        putAround(single, begin, end, "A", 0, specials);
        putAround(pair, begin, end, "A", 0, specials);
        putAround(pair, begin, end, "B", 1, specials);
        processor.set("special_tokens", specials);
        return processor;
    }

    private void putAround(
            ArrayNode template,
            @Nullable Integer begin,
            @Nullable Integer end,
            String text,
            int typeId,
            ObjectNode specials) {
        putSpecial(template, begin, typeId, specials);
        template.addObject().putObject("Sequence").put("id", text).put("type_id", typeId);
        putSpecial(template, end, typeId, specials);
    }

    private void putSpecial(
            ArrayNode template, @Nullable Integer id, int typeId, ObjectNode specials) {
        if (id != null) {
            String token = tokens.get(id);
            template.addObject().putObject("SpecialToken").put("id", token).put("type_id", typeId);
            ObjectNode special = specials.putObject(token).put("id", token);
            special.putArray("ids").add(id);
            special.putArray("tokens").add(token);
        }
    }

    private boolean addsBegin() {
        return metadata.flag(
                GGML + "add_bos_token", sentencePiece || pre == PreTokenizer.LLAMA_BPE);
    }

    private @Nullable Integer begin() {
        return id("bos_token_id", sentencePiece ? 1 : -1);
    }

    private @Nullable Integer end() {
        return id("eos_token_id", sentencePiece ? 2 : -1);
    }

    private @Nullable Integer id(String key, int absent) {
        if (!metadata.has(GGML + key)) {
            return absent >= 0 && absent < tokens.size() ? absent : null;
        }
        return metadata.integer(GGML + key, 0, tokens.size() - 1);
    }

    /** Puts {@code bos_token_id} and {@code eos_token_id}, where there are any. */
    void putIds(ObjectNode config) {
        Integer begin = begin();
        Integer end = end();
        if (begin != null) {
            config.put("bos_token_id", begin);
        }
        if (end != null) {
            config.put("eos_token_id", end);
        }
    }

    /** A generation_config.json: every token that ends an answer. */
    ObjectNode generationConfig() {
        ObjectNode generation = ModelConfig.JSON.createObjectNode();
        putIds(generation);
        Set<Integer> ends = new TreeSet<>();
        for (String key : List.of("eot_token_id", "eom_token_id")) {
            Integer id = id(key, -1);
            if (id != null) {
                ends.add(id);
            }
        }
        for (String text : ENDS) {
            Integer id = ids.get(text);
            if (id != null && type(id) == TokenType.CONTROL) {
                ends.add(id);
            }
        }
        Integer end = end();
        if (end != null && !ends.isEmpty()) {
            ends.remove(end);
            ArrayNode all = generation.putArray("eos_token_id").add(end);
            ends.forEach(all::add);
        }
        return generation;
    }

    /** A tokenizer_config.json. */
    ObjectNode config(int contextTokens) {
        ObjectNode config = ModelConfig.JSON.createObjectNode();
        Integer begin = begin();
        Integer end = end();
        config.put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("add_bos_token", addsBegin())
                .put("add_eos_token", metadata.flag(GGML + "add_eos_token", false))
                .put("bos_token", begin == null ? null : tokens.get(begin))
                .put("eos_token", end == null ? null : tokens.get(end))
                .put("clean_up_tokenization_spaces", false)
                .put("model_max_length", contextTokens);
        String template = metadata.string("tokenizer.chat_template", "");
        if (!template.isEmpty()) {
            config.put("chat_template", template);
        }
        return config;
    }
}
