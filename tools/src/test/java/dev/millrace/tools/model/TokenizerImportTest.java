package dev.millrace.tools.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.gguf.GgufFile;
import dev.millrace.ringbuffer.Datatype;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TokenizerImportTest {
    @TempDir Path parent;

    private TextModel imported(TinyGguf gguf) throws IOException {
        Path folder = parent.resolve("folder");
        GgufImport.write(gguf.write(parent.resolve("tiny.gguf")), Datatype.FP16, folder);
        return Objects.requireNonNull(TextModelLoader.load(folder));
    }

    private JsonNode json(String file) throws IOException {
        return ModelConfig.read(parent.resolve("folder").resolve(file)).root();
    }

    private static List<Integer> encode(TextModel text, String said) {
        IntArrayList ids = new IntArrayList();
        text.tokenizer().encode(said, true, ids);
        return new ArrayList<>(ids);
    }

    /** Against SentencePiece's rule, word for word: of all neighbours, join the best, first one. */
    @Test
    void shouldEncodeAsScoresSay() throws Exception {
        Random random = new Random(5);
        Map<String, Float> scored = new LinkedHashMap<>();
        while (scored.size() < 60) {
            StringBuilder token = new StringBuilder();
            int length = 2 + random.nextInt(4);
            for (int i = 0; i < length; i++) {
                token.append("▁abcd".charAt(random.nextInt(5)));
            }
            scored.putIfAbsent(token.toString(), -(float) scored.size());
        }
        TinyGguf gguf = new TinyGguf().letters(scored);
        TextModel text = imported(gguf);
        List<String> tokens = tokens();
        try (AutoCloseable _ = text.tokenizer()) {
            for (int i = 0; i < 500; i++) {
                StringBuilder said = new StringBuilder();
                int length = random.nextInt(20);
                for (int j = 0; j < length; j++) {
                    said.append(" abcdé".charAt(random.nextInt(6)));
                }
                assertThat(encode(text, said.toString()))
                        .as("'%s'", said)
                        .isEqualTo(sentencePiece(said.toString(), tokens, scored));
            }
        }
    }

    private List<String> tokens() {
        try (GgufFile file = GgufFile.open(parent.resolve("tiny.gguf"))) {
            return file.metadata().strings("tokenizer.ggml.tokens");
        }
    }

    private static List<Integer> sentencePiece(
            String said, List<String> tokens, Map<String, Float> scored) {
        List<Integer> ids = new ArrayList<>(List.of(1));
        if (said.isEmpty()) {
            return ids;
        }
        List<String> parts = new ArrayList<>(List.of(("▁" + said.replace(' ', '▁')).split("")));
        while (true) {
            int best = -1;
            float bestScore = Float.NEGATIVE_INFINITY;
            for (int i = 0; i + 1 < parts.size(); i++) {
                Float score = scored.get(parts.get(i) + parts.get(i + 1));
                if (score != null && score > bestScore) {
                    best = i;
                    bestScore = score;
                }
            }
            if (best < 0) {
                break;
            }
            parts.set(best, parts.get(best) + parts.remove(best + 1));
        }
        for (String part : parts) {
            if (tokens.contains(part)) {
                ids.add(tokens.indexOf(part));
            } else {
                for (byte value : part.getBytes(StandardCharsets.UTF_8)) {
                    ids.add(tokens.indexOf("<0x%02X>".formatted(value)));
                }
            }
        }
        return ids;
    }

    @Test
    void shouldPutAroundATextWhatTheFileSays() throws Exception {
        TextModel text =
                imported(
                        new TinyGguf()
                                .set("tokenizer.ggml.add_bos_token", false)
                                .set("tokenizer.ggml.add_eos_token", true)
                                .set("tokenizer.ggml.add_space_prefix", false));
        try (AutoCloseable _ = text.tokenizer()) {
            assertThat(encode(text, "a b")).containsExactly(260, 259, 261, 2);
        }
    }

    @Test
    void shouldCarryOverTemplateAndEnds() throws Exception {
        TinyGguf gguf =
                new TinyGguf()
                        .letters(Map.of("<|im_end|>", 0f))
                        .set("tokenizer.ggml.eot_token_id", 5)
                        .set("tokenizer.chat_template", "{{ messages[0].content }}");
        try (AutoCloseable _ = imported(gguf).tokenizer()) {
            assertThat(json("tokenizer_config.json").path("chat_template").asString())
                    .isEqualTo("{{ messages[0].content }}");
            assertThat(json("tokenizer_config.json").path("eos_token").asString())
                    .isEqualTo("</s>");
            // The word that ends elsewhere is plain text here.
            assertThat(json("generation_config.json").path("eos_token_id")).hasToString("[2,5]");
            assertThat(json("config.json").path("eos_token_id").intValue()).isEqualTo(2);
        }
    }

    @Test
    void shouldKnowEveryPreTokenizerInBothDirections() {
        for (PreTokenizer known : PreTokenizer.values()) {
            assertThat(PreTokenizer.of(known.json())).isEqualTo(known);
            assertThat(PreTokenizer.named(known.key())).isEqualTo(known);
        }
        assertThat(PreTokenizer.named("llama3")).isEqualTo(PreTokenizer.LLAMA_BPE);
    }
}
