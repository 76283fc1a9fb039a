package dev.millrace.stages.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.stages.tokenizer.compiled.TokenizerCompiler;
import dev.millrace.stages.tokenizer.compiled.Unsupported;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.IntArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;

/**
 * Compiled tokenizers give the ids of Hugging Face's own, whatever the text. {@code
 * -Dmillrace.tokenizer.texts} asks for more of them, {@code -Dmillrace.tokenizer.seed} for others.
 */
class CompiledTokenizerTest {
    private static final int TEXTS = Integer.getInteger("millrace.tokenizer.texts", 20_000);
    private static final long SEED = Long.getLong("millrace.tokenizer.seed", 1);

    private final IntArrayList expected = new IntArrayList();
    private final IntArrayList actual = new IntArrayList();

    @ParameterizedTest
    @EnumSource
    void shouldEncodeAsTheLibraryDoes(TokenizerKind kind) throws Unsupported {
        compare(kind.json());
    }

    @ParameterizedTest
    @ValueSource(strings = {"austen-2.8m", "stories260K", "all-MiniLM-L6-v2"})
    void shouldEncodeForRealModelsAsTheLibraryDoes(String model) throws Unsupported, IOException {
        compare(Files.readString(SharedModels.folder(model).resolve("tokenizer.json")));
    }

    /** What the two make of each code point: their Unicode versions differ. */
    @ParameterizedTest
    @EnumSource(names = {"SMOLLM", "WITHOUT_WORDS", "COMPATIBILITY", "BERT"})
    void shouldTakeEveryCharacterForWhatTheLibraryTakesIt(TokenizerKind kind) throws Unsupported {
        try (HuggingFaceTokenizer theirs = new HuggingFaceTokenizer(kind.json(), 1);
                CompiledTokenizer ours = compile(kind.json())) {
            var text = new StringBuilder();
            for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
                int type = Character.getType(point);
                if (type != Character.UNASSIGNED && type != Character.SURROGATE) {
                    text.append(" a").appendCodePoint(point).append("e\u0316\u0345");
                    text.appendCodePoint(point);
                }
                if (text.length() > 200) {
                    compare(theirs, ours, text.toString(), false);
                    text.setLength(0);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingOnceItHasSeenItsLongestText(TokenizerKind kind) throws Unsupported {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var texts = new AdversarialTexts(SEED, added(kind.json()));
        byte[][] utf8 = new byte[500][];
        for (int i = 0; i < utf8.length; i++) {
            utf8[i] = texts.next().getBytes(StandardCharsets.UTF_8);
        }
        try (CompiledTokenizer ours = compile(kind.json())) {
            long allocated = Long.MAX_VALUE;
            // What the JVM itself makes once counts, too.
            for (int round = 0; round < 20 && allocated > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < utf8.length; i++) {
                    actual.clear();
                    ours.encode(utf8[i], 0, utf8[i].length, true, actual);
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(allocated).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WITHOUT_WORDS", "LLAMA_2", "QWEN_2", "BERT_CASED"})
    @Timeout(60)
    void shouldEncodeAMegabyteWithoutAPlaceToCut(TokenizerKind kind) throws Unsupported {
        try (CompiledTokenizer ours = compile(kind.json())) {
            for (String one : List.of("t", "\u0316\u0301", "日", "\u1100", "▁ ", "<")) {
                actual.clear();
                ours.encode(one.repeat((1 << 20) / one.length()), false, actual);
                assertThat(actual).isNotEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"type\": \"BPE\"|\"type\": \"Unigram\"",
                "\"dropout\": null|\"dropout\": 0.1",
                "\"end_of_word_suffix\": null|\"end_of_word_suffix\": \"</w>\"",
                "\"normalizer\": null|\"normalizer\": {\"type\": \"Nmt\"}",
                "\"ByteLevel\"|\"Whitespace\"",
                "\"post_processor\": null|\"post_processor\": {\"type\": \"Unheard\"}",
                "\"id\": 3,|\"id\": 30000,",
                "\"fuse_unk\"|\"fuse_unknown\""
            })
    void shouldNotCompileWhatItDoesNotKnow(String change) {
        String known = new ObjectMapper().readTree(TokenizerKind.GPT_2.json()).toString();
        String[] fromTo = change.replace(": ", ":").split("\\|", -1);
        String json = known.replace(fromTo[0], fromTo[1]);

        assertThat(json).isNotEqualTo(known);
        assertThatThrownBy(() -> compile(json)).isInstanceOf(Unsupported.class);
    }

    @Test
    void shouldTakeHalfASurrogatePairForWhatCannotBeSaid() throws Unsupported {
        try (CompiledTokenizer ours = compile(TokenizerKind.GPT_2.json())) {
            ours.encode("a\ud800b\udc00\ud83d\udc4d", false, actual);
            ours.encode("a\ufffdb\ufffd\ud83d\udc4d", false, expected);
        }
        assertThat(actual).isEqualTo(expected);
    }

    private static CompiledTokenizer compile(String json) throws Unsupported {
        var file = new ObjectMapper().readTree(json);
        return new CompiledTokenizer(TokenizerCompiler.compile(file), 1);
    }

    private void compare(String json) throws Unsupported {
        var texts = new AdversarialTexts(SEED, added(json));
        try (HuggingFaceTokenizer theirs = new HuggingFaceTokenizer(json, 1);
                CompiledTokenizer ours = compile(json)) {
            for (String one : List.of("", " ", "\u0000", "<s>", "<s> <s>  <s>", "  ", "\n", "▁")) {
                compare(theirs, ours, one, true);
            }
            for (int i = 0; i < TEXTS; i++) {
                compare(theirs, ours, texts.next(), i % 2 == 0);
            }
            for (String one :
                    List.of("a", " ", "é", "\u0316\u0301", "ab ", "<s>", "日", "\n", "'s")) {
                compare(theirs, ours, one.repeat(3000), false);
            }
        }
    }

    private void compare(
            HuggingFaceTokenizer theirs, CompiledTokenizer ours, String text, boolean specials) {
        expected.clear();
        actual.clear();
        theirs.encode(text, specials, expected);
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        ours.encode(utf8, 0, utf8.length, specials, actual);
        if (!expected.equals(actual)) {
            assertThat(actual).as(escaped(text)).isEqualTo(expected);
        }
    }

    private static List<String> added(String json) {
        List<String> contents = new ArrayList<>();
        new ObjectMapper()
                .readTree(json)
                .path("added_tokens")
                .forEach(token -> contents.add(token.path("content").asString()));
        return contents;
    }

    private static String escaped(String text) {
        var escaped = new StringBuilder();
        text.chars()
                .forEach(c -> {
                    if (c > ' ' && c < 0x7F) {
                        escaped.append((char) c);
                    } else {
                        escaped.append(String.format("\\u%04x", c));
                    }
                });
        return escaped.toString();
    }
}
