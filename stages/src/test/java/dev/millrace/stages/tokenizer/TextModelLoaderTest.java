package dev.millrace.stages.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextModelLoaderTest {
    @TempDir Path folder;

    private TextModel load() {
        return Objects.requireNonNull(TextModelLoader.load(folder));
    }

    private static List<Integer> encode(TextModel model, String text, boolean special) {
        IntArrayList ids = new IntArrayList();
        model.tokenizer().encode(text, special, ids);
        return new ArrayList<>(ids);
    }

    @Test
    void shouldFindNothingInAFolderWithoutTokenizer() {
        assertThat(TextModelLoader.load(folder)).isNull();
    }

    @Test
    void shouldEncodeEveryByteAndIgnoreTruncationAndPadding() {
        ByteTokenizerFolder.write(folder, false);
        TextModel model = load();
        String text = "aé😀\u0000\n<eot>";

        List<Integer> expected = new ArrayList<>(List.of(ByteTokenizerFolder.BOS));
        for (byte b : "aé😀\u0000\n".getBytes(StandardCharsets.UTF_8)) {
            expected.add((b & 0xFF) + 1);
        }
        expected.add(ByteTokenizerFolder.EOT);
        assertThat(encode(model, text, true)).isEqualTo(expected);
        assertThat(encode(model, text, false)).isEqualTo(expected.subList(1, expected.size()));
        model.tokenizer().close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldSayThatItIsClosed(boolean compiled) throws IOException {
        if (compiled) {
            ByteTokenizerFolder.write(folder, false);
        } else {
            writeWordLevel();
        }
        TextModel model = load();
        model.tokenizer().close();
        model.tokenizer().close();

        assertThatThrownBy(() -> encode(model, "x", true))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CLOSED");
    }

    @Test
    void shouldCompileWhatItKnowsAndSayWhatItDoesNot() throws IOException {
        ByteTokenizerFolder.write(folder, false);
        TextModel known = load();
        writeWordLevel();
        TextModel unknown = load();

        assertThat(known.notCompiled()).isNull();
        assertThat(unknown.notCompiled()).isEqualTo("pre_tokenizer Whitespace");
        known.tokenizer().close();
        unknown.tokenizer().close();
    }

    /** Not compiled: the natives encode it. */
    private void writeWordLevel() throws IOException {
        Files.writeString(
                folder.resolve("tokenizer.json"),
                """
                {"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "[UNK]"},
                 "pre_tokenizer": {"type": "Whitespace"}}
                """);
    }

    @Test
    @Timeout(30)
    void shouldBeClosedSafelyWhileItEncodes() throws IOException, InterruptedException {
        writeWordLevel();
        for (int round = 0; round < 50; round++) {
            TextModel model = load();
            CountDownLatch encoding = new CountDownLatch(1);
            Thread encoder =
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    while (true) {
                                        encode(model, "a a a", true);
                                        encoding.countDown();
                                    }
                                } catch (IllegalStateException closed) {
                                    encoding.countDown();
                                }
                            });
            encoding.await();
            model.tokenizer().close();
            encoder.join();
        }
    }

    @Test
    void shouldSayThatATextCannotBeEncoded() throws IOException {
        writeWordLevel();
        TextModel model = load();

        assertThat(encode(model, "a a", true)).containsExactly(0, 0);
        assertThatThrownBy(() -> encode(model, "a b", true))
                .isInstanceOf(IllegalArgumentException.class);
        model.tokenizer().close();
    }

    @Test
    void shouldGiveTheBytesOfEveryToken() {
        ByteTokenizerFolder.write(folder, false);
        TextModel model = load();

        for (int value = 0; value < 256; value++) {
            assertThat(model.tokenBytes().bytesOf(value + 1)).containsExactly((byte) value);
        }
        assertThat(model.tokenBytes().bytesOf(ByteTokenizerFolder.BOS)).isEmpty();
        assertThat(model.tokenBytes().bytesOf(ByteTokenizerFolder.EOT)).isEmpty();
        assertThat(model.tokenBytes().bytesOf(ByteTokenizerFolder.TOOL))
                .isEqualTo("<tool>".getBytes(StandardCharsets.UTF_8));
        assertThat(model.tokenBytes().nameOf(ByteTokenizerFolder.EOT))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("<eot>");
        assertThat(model.tokenBytes().nameOf('a' + 1)).containsExactly('a');
        assertThat(model.tokenBytes().nameOf(-1)).isEmpty();
        assertThat(model.tokenBytes().bytesOf(-1)).isEmpty();
        assertThat(model.tokenBytes().bytesOf(100_000)).isEmpty();
        model.tokenizer().close();
    }

    @Test
    void shouldPreferTheTemplateFileAndReadTokensOfBothForms() throws IOException {
        ByteTokenizerFolder.write(folder, false);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                """
                {"bos_token": {"content": "<b>"}, "eos_token": "<e>",
                 "chat_template": [{"name": "tool_use", "template": "no"},
                                   {"name": "default", "template": "{{ bos_token }}d{{ eos_token }}"}]}
                """);
        assertThat(rendered()).isEqualTo("<b>d<e>");

        Files.writeString(folder.resolve("chat_template.jinja"), "file {{ eos_token }}");
        assertThat(rendered()).isEqualTo("file <e>");
    }

    @Test
    void shouldTakeASingleTemplate() throws IOException {
        ByteTokenizerFolder.write(folder, false);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"chat_template\": \"{{ messages[0].content }}\"}");
        assertThat(rendered()).isEqualTo("hi");

        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": null}");
        TextModel model = load();
        assertThat(model.chatTemplate()).isNull();
        model.tokenizer().close();
    }

    private String rendered() {
        TextModel model = load();
        model.tokenizer().close();
        return Objects.requireNonNull(model.chatTemplate())
                .render(List.of(Map.of("role", "user", "content", "hi")), false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "null",
                "not json at all",
                "{\"model\": {}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": -1}, \"merges\": []}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 99999999999}, \"merges\": []}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": \"b\"}, \"merges\": []}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"x\"]}}",
                "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [[\"a\",\"b\"]]}}",
                "{\"model\": {\"type\": \"Nonsense\", \"vocab\": {\"a\": 0}}}",
                "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", \"b\"]]}}",
                "{\"added_tokens\": [{\"id\": -5}], \"model\": {\"vocab\": {}}}"
            })
    void shouldRefuseABrokenTokenizerInOneLine(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);

        assertThatThrownBy(() -> TextModelLoader.load(folder))
                .isInstanceOf(TextModelException.class)
                .hasMessageStartingWith(folder.resolve("tokenizer.json").toString())
                .message()
                .doesNotContain("\n");
    }

    @Test
    void shouldRefuseATruncatedTokenizerWhereverItEnds() throws IOException {
        ByteTokenizerFolder.write(folder, false);
        Path file = folder.resolve("tokenizer.json");
        String whole = Files.readString(file).strip();

        for (int length = 0; length < whole.length(); length += 97) {
            Files.writeString(file, whole.substring(0, length));
            assertThatThrownBy(() -> TextModelLoader.load(folder))
                    .isInstanceOf(TextModelException.class)
                    .hasMessageContaining("tokenizer.json");
        }
    }

    @Test
    void shouldRefuseATokenizerThatIsNotUtf8() throws IOException {
        Files.write(folder.resolve("tokenizer.json"), new byte[] {'{', '"', (byte) 0xFF, '"', '}'});

        assertThatThrownBy(() -> TextModelLoader.load(folder))
                .isInstanceOf(TextModelException.class)
                .hasMessageContaining("UTF-8");
    }
}
