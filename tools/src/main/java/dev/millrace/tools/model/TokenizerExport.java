package dev.millrace.tools.model;

import dev.millrace.config.ConfigException;
import dev.millrace.gpustage.gguf.GgufOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A folder's tokenizer as GGUF's {@code tokenizer.*} keys: byte-level BPE becomes {@code gpt2},
 * SentencePiece's BPE becomes {@code llama}, whose scores follow from the merges.
 */
final class TokenizerExport {
    private final Path file;
    private final JsonNode root;
    private final String[] tokens;
    private final int[] types;

    private TokenizerExport(Path file, JsonNode root, int size) {
        this.file = file;
        this.root = root;
        this.tokens = new String[size];
        this.types = new int[size];
    }

    /**
     * @param size rows of the embedding; ids without a token become unused ones
     * @throws ConfigException where the folder has no tokenizer that GGUF has a place for
     */
    static void write(Path folder, int size, GgufOutput output) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        var tokenizer = new TokenizerExport(file, ModelConfig.read(file).root(), size);
        tokenizer.readTokens();
        if (tokenizer.root.path("decoder").path("type").asString("").equals("ByteLevel")) {
            tokenizer.writeByteLevel(output);
        } else {
            tokenizer.writeSentencePiece(output);
        }
        tokenizer.writeSpecials(folder, output);
    }

    private void readTokens() {
        if (!root.path("model").path("type").asString("").equals("BPE")) {
            throw bad("model.type", root.path("model").path("type"), "BPE");
        }
        root.path("model")
                .path("vocab")
                .properties()
                .forEach(entry -> put(entry.getKey(), entry.getValue(), type(entry.getKey())));
        String unknown = root.path("model").path("unk_token").asString("");
        for (JsonNode added : root.path("added_tokens")) {
            String content = added.path("content").asString("");
            boolean special = added.path("special").asBoolean(false);
            TokenType type =
                    content.equals(unknown)
                            ? TokenType.UNKNOWN
                            : special ? TokenType.CONTROL : TokenType.USER_DEFINED;
            put(content, added.path("id"), type);
        }
        for (int id = 0; id < tokens.length; id++) {
            if (types[id] == 0) {
                tokens[id] = "[PAD" + id + "]";
                types[id] = TokenType.UNUSED.number();
            }
        }
    }

    private TokenType type(String token) {
        boolean bytes = root.path("model").path("byte_fallback").asBoolean(false);
        return bytes && token.matches("<0x[0-9A-F]{2}>") ? TokenType.BYTE : TokenType.NORMAL;
    }

    private void put(String token, JsonNode id, TokenType type) {
        if (!id.isInt() || id.intValue() < 0 || id.intValue() >= tokens.length) {
            throw bad("token " + token, id, "an id below vocab_size (" + tokens.length + ")");
        }
        tokens[id.intValue()] = token;
        types[id.intValue()] = type.number();
    }

    private void writeByteLevel(GgufOutput output) {
        JsonNode normalizer = root.path("normalizer");
        boolean plain = normalizer.isMissingNode() || normalizer.isNull();
        if (!plain && !normalizer.path("type").asString("").equals("NFC")) {
            throw bad("normalizer", normalizer, "null or NFC");
        }
        PreTokenizer pre = PreTokenizer.of(root.path("pre_tokenizer"));
        if (pre == null) {
            throw bad(
                    "pre_tokenizer",
                    root.path("pre_tokenizer"),
                    "one of those that GGUF calls " + PreTokenizer.keys());
        }
        List<String> merges =
                root.path("model").path("merges").valueStream().map(this::merge).toList();
        output.string("tokenizer.ggml.model", "gpt2")
                .string("tokenizer.ggml.pre", pre.key())
                .strings("tokenizer.ggml.tokens", Arrays.asList(tokens))
                .integers("tokenizer.ggml.token_type", types)
                .strings("tokenizer.ggml.merges", merges);
    }

    /** Two tokens with a blank between them, which no byte-level token has. */
    private String merge(JsonNode merge) {
        return merge.isString()
                ? merge.asString()
                : merge.path(0).asString("") + " " + merge.path(1).asString("");
    }

    private void writeSentencePiece(GgufOutput output) {
        if (!root.path("model").path("byte_fallback").asBoolean(false)) {
            throw bad("decoder", root.path("decoder"), "ByteLevel, or model.byte_fallback");
        }
        output.string("tokenizer.ggml.model", "llama")
                .string("tokenizer.ggml.pre", "default")
                .strings("tokenizer.ggml.tokens", Arrays.asList(tokens))
                .numbers("tokenizer.ggml.scores", scores())
                .integers("tokenizer.ggml.token_type", types)
                .flag("tokenizer.ggml.add_space_prefix", prefixesSpace());
    }

    private boolean prefixesSpace() {
        JsonNode cut = root.path("pre_tokenizer");
        if (cut.path("type").asString("").equals("Metaspace")
                && !cut.path("split").asBoolean(true)) {
            return !cut.path("prepend_scheme").asString("always").equals("never");
        }
        JsonNode normalizer = root.path("normalizer");
        boolean replaced = false;
        boolean prefixed = false;
        JsonNode steps = normalizer.path("normalizers");
        for (JsonNode step : steps.isArray() ? steps : List.of(normalizer)) {
            replaced |=
                    step.path("type").asString("").equals("Replace")
                            && step.path("pattern").path("String").asString("").equals(" ")
                            && step.path("content").asString("").equals("▁");
            prefixed |=
                    step.path("type").asString("").equals("Prepend")
                            && step.path("prepend").asString("").equals("▁");
        }
        if ((!cut.isNull() && !cut.isMissingNode()) || !replaced) {
            throw bad("normalizer", normalizer, "Prepend and Replace of ▁, without pre_tokenizer");
        }
        return prefixed;
    }

    /**
     * A token's score is minus the rank of the merge that makes it, so that the best score is what
     * merges next. What no merge makes is worth less than all that one makes.
     */
    private float[] scores() {
        Map<String, Integer> ranks = new HashMap<>();
        String last = "";
        int rank = 0;
        for (JsonNode merge : root.path("model").path("merges")) {
            String made = merge(merge).replace(" ", "");
            Integer before = ranks.putIfAbsent(made, rank++);
            if (before != null && !made.equals(last)) {
                throw bad("model.merges", merge, "all merges that make a token, side by side");
            }
            last = made;
        }
        float[] scores = new float[tokens.length];
        for (int id = 0; id < scores.length; id++) {
            boolean normal = types[id] == TokenType.NORMAL.number();
            scores[id] = normal ? -ranks.getOrDefault(tokens[id], rank) : 0;
        }
        return scores;
    }

    private void writeSpecials(Path folder, GgufOutput output) throws IOException {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        List<Integer> before = SpecialsAround.before(root);
        List<Integer> after = SpecialsAround.after(root);
        if (before.size() > 1 || after.size() > 1) {
            throw bad("post_processor", root.path("post_processor"), "one token before, one after");
        }
        @Nullable Integer begin = before.isEmpty() ? id(config, "bos_token_id") : before.getFirst();
        @Nullable Integer end = after.isEmpty() ? id(config, "eos_token_id") : after.getFirst();
        if (begin != null) {
            output.integer("tokenizer.ggml.bos_token_id", begin);
        }
        if (end != null) {
            output.integer("tokenizer.ggml.eos_token_id", end);
        }
        for (int id = 0; id < types.length; id++) {
            if (types[id] == TokenType.UNKNOWN.number()) {
                output.integer("tokenizer.ggml.unknown_token_id", id);
            }
        }
        output.flag("tokenizer.ggml.add_bos_token", !before.isEmpty())
                .flag("tokenizer.ggml.add_eos_token", !after.isEmpty());
        String template = template(folder);
        if (!template.isEmpty()) {
            output.string("tokenizer.chat_template", template);
        }
    }

    private @Nullable Integer id(ModelConfig config, String key) {
        JsonNode value = config.root().path(key);
        JsonNode first = value.isArray() ? value.path(0) : value;
        return first.isInt() && first.intValue() >= 0 && first.intValue() < tokens.length
                ? first.intValue()
                : null;
    }

    private static String template(Path folder) throws IOException {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.exists(file)) {
            return Files.readString(file);
        }
        Path config = folder.resolve("tokenizer_config.json");
        return Files.exists(config)
                ? ModelConfig.read(config).root().path("chat_template").asString("")
                : "";
    }

    private ConfigException bad(String key, Object value, String accepted) {
        return new ConfigException(file + ": " + key, value, accepted);
    }
}
