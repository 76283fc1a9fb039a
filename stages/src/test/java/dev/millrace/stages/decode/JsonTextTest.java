package dev.millrace.stages.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.stages.tokenizer.compiled.Utf8Text;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;

/** Against Jackson, which reads the same strings into Java's. */
class JsonTextTest {
    private static final String[] PARTS = {
        "a",
        "word ",
        "é",
        "日",
        "👍",
        "/",
        "\\\"",
        "\\\\",
        "\\/",
        "\\b",
        "\\f",
        "\\n",
        "\\r",
        "\\t",
        "\\u0000",
        "\\u00e9",
        "\\u65E5",
        "\\uD83D\\uDC4D",
        "\\ud83d\\udc4d",
        "\\uffff",
        "\u2028"
    };

    private final Utf8Text text = new Utf8Text();

    private boolean unquote(String json) {
        text.clear();
        return JsonText.unquote(json.getBytes(StandardCharsets.UTF_8), 0, text);
    }

    @Test
    void shouldReadWhatAParserReads() {
        var random = new SplittableRandom(7);
        for (int i = 0; i < 5_000; i++) {
            var json = new StringBuilder("\"");
            for (int parts = random.nextInt(12); parts > 0; parts--) {
                json.append(PARTS[random.nextInt(PARTS.length)]);
            }
            json.append('"');

            assertThat(unquote(json + ", \"next\"")).isTrue();
            assertThat(new String(text.bytes(), 0, text.length(), StandardCharsets.UTF_8))
                    .isEqualTo(new ObjectMapper().readValue(json.toString(), String.class));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"",
                "\"a",
                "\"\n\"",
                "\"\\\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\\ud800\"",
                "\"\\udc00\"",
                "\"\\ud800\\u0041\"",
                "\"\\ud800\\ud800\"",
                "\"\\"
            })
    void shouldLeaveTheRestToAParser(String json) {
        assertThat(unquote(json)).isFalse();
    }
}
