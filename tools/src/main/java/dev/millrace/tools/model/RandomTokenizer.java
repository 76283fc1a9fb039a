package dev.millrace.tools.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * A {@code tokenizer.json} of a given size that turns any text into one token per byte, and every
 * id back into text.
 *
 * <p>Byte-level BPE as in GPT-2, without merges. Ids that are neither special nor a byte are
 * spelled as their number with a blank before it.
 */
final class RandomTokenizer {
    private static final int BYTES = 256;

    private RandomTokenizer() {}

    /** The file's content. */
    static String json(int vocabularySize, SortedSet<Integer> specialIds) {
        List<Map<String, Object>> added = new ArrayList<>();
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        int nextByte = 0;
        for (int id = 0; id < vocabularySize; id++) {
            if (specialIds.contains(id)) {
                String content = "<|special-" + id + "|>";
                vocabulary.put(content, id);
                added.add(special(id, content));
            } else if (nextByte < BYTES) {
                vocabulary.put(String.valueOf(letter(nextByte++)), id);
            } else {
                vocabulary.put(letter(' ') + Integer.toString(id), id);
            }
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("type", "BPE");
        model.put("vocab", vocabulary);
        model.put("merges", List.of());
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("version", "1.0");
        root.put("added_tokens", added);
        root.put("pre_tokenizer", byteLevel());
        root.put("decoder", byteLevel());
        root.put("model", model);
        return ModelConfig.JSON.writeValueAsString(root);
    }

    private static Map<String, Object> byteLevel() {
        return Map.of(
                "type",
                "ByteLevel",
                "add_prefix_space",
                false,
                "trim_offsets",
                true,
                "use_regex",
                true);
    }

    private static Map<String, Object> special(int id, String content) {
        Map<String, Object> token = new LinkedHashMap<>();
        token.put("id", id);
        token.put("content", content);
        token.put("single_word", false);
        token.put("lstrip", false);
        token.put("rstrip", false);
        token.put("normalized", false);
        token.put("special", true);
        return token;
    }

    /**
     * GPT-2's printable character for a byte: itself where it is printable, else one from U+0100
     * on.
     */
    private static char letter(int value) {
        int invisible = 0;
        for (int other = 0; other < value; other++) {
            invisible += printable(other) ? 0 : 1;
        }
        return (char) (printable(value) ? value : 0x100 + invisible);
    }

    private static boolean printable(int value) {
        return (value >= '!' && value <= '~') || (value >= 0xa1 && value != 0xad);
    }
}
