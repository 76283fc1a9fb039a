package dev.millrace.tools.model;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How byte-level BPE cuts text before it merges: {@code tokenizer.ggml.pre} in GGUF, {@code
 * pre_tokenizer} in a tokenizer.json.
 */
enum PreTokenizer {
    GPT_2("gpt-2", ""),
    LLAMA_BPE("llama-bpe", words("\\p{N}{1,3}")),
    QWEN2("qwen2", words("\\p{N}")),
    /** GPT-2's, behind one that cuts digits apart. */
    SMOLLM("smollm", "");

    private final String key;
    private final String regex;

    /**
     * @param regex what is cut apart before bytes are spelled; empty for GPT-2's
     */
    PreTokenizer(String key, String regex) {
        this.key = key;
        this.regex = regex;
    }

    /** Llama 3's pattern, whose relatives differ in how many digits they keep together. */
    private static String words(String digits) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
                + digits
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    /** GGUF's name. */
    String key() {
        return key;
    }

    /** Whether a piece that is a token is one, whatever the merges say. */
    boolean ignoresMerges() {
        return this == LLAMA_BPE;
    }

    static String keys() {
        return Arrays.stream(values()).map(PreTokenizer::key).collect(Collectors.joining(", "));
    }

    static @Nullable PreTokenizer named(String key) {
        return Arrays.stream(values())
                .filter(known -> known.key.equals(key))
                .findFirst()
                .orElse(null);
    }

    /** The one that a tokenizer.json's {@code pre_tokenizer} is, or null. */
    static @Nullable PreTokenizer of(JsonNode json) {
        String wanted = signature(json);
        return Arrays.stream(values())
                .filter(known ->
                        signature(ModelConfig.JSON.valueToTree(known.json())).equals(wanted))
                .findFirst()
                .orElse(null);
    }

    /** As in a tokenizer.json. */
    Map<String, Object> json() {
        Map<String, Object> bytes =
                Map.of(
                        "type",
                        "ByteLevel",
                        "add_prefix_space",
                        false,
                        "trim_offsets",
                        true,
                        "use_regex",
                        regex.isEmpty());
        return switch (this) {
            case GPT_2 -> bytes;
            case SMOLLM -> sequence(Map.of("type", "Digits", "individual_digits", true), bytes);
            case LLAMA_BPE, QWEN2 ->
                    sequence(
                            Map.of(
                                    "type",
                                    "Split",
                                    "pattern",
                                    Map.of("Regex", regex),
                                    "behavior",
                                    "Isolated",
                                    "invert",
                                    false),
                            bytes);
        };
    }

    private static Map<String, Object> sequence(
            Map<String, Object> first, Map<String, Object> second) {
        return Map.of("type", "Sequence", "pretokenizers", List.of(first, second));
    }

    /** What decides where text is cut; offsets do not. */
    private static String signature(JsonNode json) {
        String type = json.path("type").asString("");
        return switch (type) {
            case "Sequence" -> {
                var steps = new StringBuilder();
                json.path("pretokenizers").forEach(step -> steps.append(signature(step)));
                yield steps.toString();
            }
            case "ByteLevel" ->
                    type
                            + json.path("add_prefix_space").asBoolean(true)
                            + json.path("use_regex").asBoolean(true);
            case "Split" ->
                    type
                            + json.path("pattern")
                            + json.path("behavior")
                            + json.path("invert").asBoolean(false);
            case "Digits" -> type + json.path("individual_digits").asBoolean(false);
            default -> json.toString();
        };
    }
}
