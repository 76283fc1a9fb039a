package dev.millrace.stages.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Against golden files that were made with other implementations (each file says which). */
class GoldenTokensTest {
    private static TextModel load(Path folder) {
        return Objects.requireNonNull(TextModelLoader.load(folder));
    }

    private static JsonNode golden(Path folder) throws Exception {
        return new ObjectMapper().readTree(Files.readString(folder.resolve("golden.json")));
    }

    private static List<Integer> ints(JsonNode array) {
        List<Integer> ints = new ArrayList<>();
        for (JsonNode value : array) {
            ints.add(value.intValue());
        }
        return ints;
    }

    private static List<Integer> encode(TextModel model, String text) {
        IntArrayList ids = new IntArrayList();
        model.tokenizer().encode(text, true, ids);
        return new ArrayList<>(ids);
    }

    private static String text(TextModel model, List<Integer> ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int id : ids) {
            bytes.writeBytes(model.tokenBytes().bytesOf(id));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"austen-2.8m", "stories260K"})
    void shouldEncodePromptsAndSpellAnswersAsTheReference(String name) throws Exception {
        Path folder = SharedModels.folder(name);
        JsonNode golden = golden(folder);
        TextModel model = load(folder);
        List<JsonNode> cases = new ArrayList<>(List.of(golden));
        golden.path("more").forEach(cases::add);

        assertThat(cases).hasSizeGreaterThan(1);
        for (JsonNode one : cases) {
            String prompt = one.path("prompt").asString();
            assertThat(encode(model, prompt)).as(prompt).isEqualTo(ints(one.path("prompt_ids")));
            if (one.has("generated_text")) {
                String generated = one.path("generated_text").asString();
                String text = text(model, ints(one.path("generated_ids")));
                // A reference that decodes the answer alone loses its first space.
                assertThat(text.startsWith(generated) || text.startsWith(" " + generated))
                        .as("%s -> %s", prompt, text)
                        .isTrue();
            }
        }
        assertThat(golden.path("tokenizer").size()).isGreaterThan(3);
        for (JsonNode one : golden.path("tokenizer")) {
            List<Integer> ids = encode(model, one.path("text").asString());
            JsonNode bare = one.path("ids_without_bos");
            assertThat(bare.isMissingNode() ? ids : ids.subList(1, ids.size()))
                    .isEqualTo(ints(bare.isMissingNode() ? one.path("ids_with_bos") : bare));
            // SentencePiece puts a space before a text, which its decoder takes away again.
            String decoded = one.path("decoded").asString();
            assertThat(text(model, ids)).isIn(decoded, " " + decoded);
        }
        model.tokenizer().close();
    }

    @Test
    void shouldEncodeForMiniLmWithoutTruncationAndPadding() throws Exception {
        Path folder = SharedModels.folder("all-MiniLM-L6-v2");
        JsonNode golden = golden(folder);
        TextModel model = load(folder);

        for (int i = 0; i < golden.path("texts").size(); i++) {
            assertThat(encode(model, golden.path("texts").path(i).asString()))
                    .isEqualTo(ints(golden.path("input_ids").path(i)));
        }
        // tokenizer.json asks for 128 and no more.
        assertThat(encode(model, "word ".repeat(300))).hasSize(302);
        model.tokenizer().close();
    }
}
