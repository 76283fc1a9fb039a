package dev.millrace.tools.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How byte-level BPE cuts text before it merges: {@code tokenizer.ggml.pre} in GGUF, {@code
 * pre_tokenizer} in a tokenizer.json.
 */
enum PreTokenizer {
    GPT_2("gpt-2", ""),
    LLAMA_BPE("llama-bpe", words("\\p{N}{1,3}")),
    QWEN2("qwen2", words("\\p{N}")),
    /** GPT-2's, behind one that cuts digits apart. */
    SMOLLM("smollm", ""),
    /** What llama.cpp does where a file does not say how. */
    DEFAULT("default", "");

    /** Cut apart one after the other by {@link #DEFAULT}. */
    private static final List<String> DEFAULT_CUTS =
            List.of(
                    "[\\p{P}\\$\\+<=>\\^~\\|]+",
                    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
                    "\\p{N}+",
                    "[0-9][0-9][0-9]");

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
                .filter(known -> known.key.equals(alias(key)))
                .findFirst()
                .orElse(null);
    }

    /** The name under which the same cuts are known. */
    private static String alias(String key) {
        return switch (key) {
            case "llama3", "llama-v3" -> LLAMA_BPE.key;
            case "deepseek-r1-qwen" -> QWEN2.key;
            default -> key;
        };
    }

    /** The one that a tokenizer.json's {@code pre_tokenizer} is, or null. */
    static @Nullable PreTokenizer of(JsonNode json) {
        String wanted = signature(json);
        return Arrays.stream(values())
                .filter(known -> signature(known.json()).equals(wanted))
                .findFirst()
                .orElse(null);
    }

    /** As in a tokenizer.json. */
    ObjectNode json() {
        return switch (this) {
            case GPT_2 -> bytes(true);
            case SMOLLM ->
                    sequence(List.of(step("Digits").put("individual_digits", true)), bytes(true));
            case LLAMA_BPE, QWEN2 -> sequence(List.of(split(regex)), bytes(false));
            case DEFAULT ->
                    sequence(DEFAULT_CUTS.stream().map(PreTokenizer::split).toList(), bytes(false));
        };
    }

    private static ObjectNode step(String type) {
        return ModelConfig.JSON.createObjectNode().put("type", type);
    }

    private static ObjectNode bytes(boolean regex) {
        return step("ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", regex);
    }

    private static ObjectNode split(String regex) {
        ObjectNode split = step("Split");
        split.putObject("pattern").put("Regex", regex);
        return split.put("behavior", "Isolated").put("invert", false);
    }

    private static ObjectNode sequence(List<ObjectNode> cuts, ObjectNode bytes) {
        ObjectNode sequence = step("Sequence");
        sequence.putArray("pretokenizers").addAll(cuts).add(bytes);
        return sequence;
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
