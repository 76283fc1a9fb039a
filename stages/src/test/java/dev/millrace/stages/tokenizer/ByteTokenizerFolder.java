package dev.millrace.stages.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model folder whose tokenizer needs no oracle: byte b is token b + 1, behind {@code <bos>} (0,
 * written first), before {@code <eot>} (257, special) and {@code <tool>} (258, not special).
 */
public final class ByteTokenizerFolder {
    public static final int BOS = 0;
    public static final int EOT = 257;
    public static final int TOOL = 258;
    public static final int VOCABULARY = 259;

    /** One line per message, then the assistant's turn. */
    public static final String TEMPLATE =
            "{% for m in messages %}{{ m['role'][0] + ':' + m['content'] + ';' }}{% endfor %}{% if"
                    + " messages[0].content == 'boom' %}{{ raise_exception('no booms') }}{% endif"
                    + " %}{% if add_generation_prompt %}{{ 'a:' }}{% endif %}";

    private ByteTokenizerFolder() {}

    /** Writes tokenizer.json, and a chat template if asked. */
    public static void write(Path folder, boolean chatTemplate) {
        try {
            Files.writeString(folder.resolve("tokenizer.json"), json());
            if (chatTemplate) {
                Files.writeString(folder.resolve("chat_template.jinja"), TEMPLATE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String json() {
        StringBuilder vocab = new StringBuilder("\"<bos>\":0");
        int shifted = 0;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b > 32 && b < 127) || (b > 160 && b != 173);
            int spelled = printable ? b : 256 + shifted++;
            vocab.append(String.format(",\"\\u%04x\":%d", spelled, b + 1));
        }
        vocab.append(",\"<eot>\":257");
        return """
        {"version": "1.0", "truncation": {"direction": "Right", "max_length": 4,
         "strategy": "LongestFirst", "stride": 0},
         "padding": {"strategy": {"Fixed": 16}, "direction": "Right",
         "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "<bos>"},
         "added_tokens": [%s, %s, %s], "normalizer": null,
         "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false,
         "trim_offsets": true, "use_regex": true},
         "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
         {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
         "special_tokens": {"<bos>": {"id": "<bos>", "ids": [0], "tokens": ["<bos>"]}}},
         "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
         "use_regex": true},
         "model": {"type": "BPE", "dropout": null, "unk_token": null,
         "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
         "byte_fallback": false, "vocab": {%s}, "merges": []}}
        """
                .formatted(
                        added(BOS, "<bos>", true),
                        added(EOT, "<eot>", true),
                        added(TOOL, "<tool>", false),
                        vocab);
    }

    private static String added(int id, String content, boolean special) {
        return """
        {"id": %d, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": %b}\
        """
                .formatted(id, content, special);
    }
}
