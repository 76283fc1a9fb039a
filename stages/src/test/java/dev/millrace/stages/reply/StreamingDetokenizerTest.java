package dev.millrace.stages.reply;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamingDetokenizerTest {
    private final StreamingDetokenizer detokenizer = new StreamingDetokenizer();

    /** Vectors of the Unicode Standard, section 3.9, tables 3-8 to 3-11. */
    @ParameterizedTest
    @CsvSource({
        "C0 AF E0 80 BF F0 81 82 41, ????????A",
        "ED A0 80 ED BF BF ED AF 41, ????????A",
        "F4 91 92 93 FF 41 80 BF 42, ?????A??B",
        "E1 80 E2 F0 91 92 F1 BF 41, ????A",
        "61 F1 80 80 E1 80 C2 62 80 63 80 BF 64, a???b?c??d",
        "F0 9F 98, ?",
        "E2 82 AC, €",
        "F4 8F BF BF, \uDBFF\uDFFF",
    })
    void shouldReplaceMaximalSubpartsWhateverTheSplit(String hex, String expected) {
        byte[] bytes = hex(hex);
        String text = expected.replace('?', '\uFFFD');
        assertThat(pieces(List.of(bytes), List.of())).isEqualTo(text);
        assertThat(pieces(single(bytes), List.of())).isEqualTo(text);
    }

    @Test
    void shouldHoldBackHalfACodePointUntilItIsWhole() {
        var out = new GrowingBytes(16);
        detokenizer.begin(StopStrings.NONE);
        byte[] emoji = "🙂".getBytes(UTF_8);
        for (int i = 0; i < 3; i++) {
            detokenizer.accept(new byte[] {emoji[i]}, 1, out);
            assertThat(out.length()).isZero();
        }
        detokenizer.accept(new byte[] {emoji[3]}, 1, out);
        assertThat(text(out)).isEqualTo("🙂");
    }

    @Test
    void shouldEndAnUnfinishedCodePointAsOneReplacement() {
        assertThat(pieces(List.of(hex("41 F0 9F"), hex("98")), List.of())).isEqualTo("A\uFFFD");
    }

    @Test
    void shouldHoldBackWhatMayBecomeAStopString() {
        var out = new GrowingBytes(16);
        detokenizer.begin(new StopStrings(List.of(utf8("END"))));
        accept("oneE", out);
        assertThat(text(out)).isEqualTo("one");
        accept("N", out);
        assertThat(text(out)).isEqualTo("one");
        accept("E", out);
        assertThat(text(out)).isEqualTo("oneEN");
        detokenizer.end(out);
        assertThat(text(out)).isEqualTo("oneENE");
    }

    @Test
    void shouldFindAStopStringThatOverlapsItself() {
        assertThat(pieces(single(utf8("aaab and on")), List.of("aab"))).isEqualTo("a");
        assertThat(pieces(single(utf8("abababac!")), List.of("ababac"))).isEqualTo("ab");
        assertThat(pieces(single(utf8("aabaabaaab")), List.of("aabaaa"))).isEqualTo("aab");
    }

    @Test
    void shouldCutBeforeTheStopStringCompletedFirstAndTheLongestOfThose() {
        assertThat(pieces(List.of(utf8("xabcdy")), List.of("abcd", "bc"))).isEqualTo("xa");
        assertThat(pieces(List.of(utf8("xabcdy")), List.of("cd", "abcd", "d"))).isEqualTo("x");
    }

    @Test
    void shouldTakeNothingAfterAStopString() {
        var out = new GrowingBytes(16);
        detokenizer.begin(new StopStrings(List.of(utf8("."))));
        accept("one. two", out);
        accept(" three", out);
        detokenizer.end(out);
        assertThat(text(out)).isEqualTo("one");
        assertThat(detokenizer.stopped()).isTrue();
    }

    @Test
    void shouldNotMatchInsideACodePoint() {
        // é is C3 A9; the stop is ©, C2 A9.
        assertThat(pieces(single(utf8("café ©")), List.of("©"))).isEqualTo("café ");
    }

    @Test
    void shouldForgetTheRunBeforeAtTheNext() {
        assertThat(pieces(List.of(hex("41 F0 9F")), List.of("AB"))).isEqualTo("A\uFFFD");
        assertThat(pieces(List.of(utf8("B🙂")), List.of("AB"))).isEqualTo("B🙂");
    }

    /** Against the whole text, decoded by the definition and searched naively. */
    @Test
    void shouldGiveTheTextOfTheWholeForEverySplit() {
        var random = new Random(20_261_122);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = bytes(random);
            List<String> stops = stops(random);
            String expected = oracle(bytes, stops);
            assertThat(pieces(split(bytes, random), stops))
                    .as("round %d: %s", round, stops)
                    .isEqualTo(expected);
        }
    }

    private static final String[] PARTS = {
        "a",
        "a",
        "b",
        "aab",
        "ab",
        " ",
        "\n",
        "é",
        "ß",
        "日",
        "本",
        "語",
        "🙂",
        "👩‍👩‍👧",
        "\u2028",
        "\u0000",
        "\uFFFD"
    };

    private static byte[] bytes(Random random) {
        var text = new StringBuilder();
        int parts = random.nextInt(12);
        for (int i = 0; i < parts; i++) {
            text.append(PARTS[random.nextInt(PARTS.length)]);
        }
        byte[] bytes = text.toString().getBytes(UTF_8);
        // A third of the rounds is damaged: bytes that never were UTF-8, or a torn code point.
        if (bytes.length > 0 && random.nextInt(3) == 0) {
            for (int i = random.nextInt(3); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
        }
        return bytes;
    }

    private static List<String> stops(Random random) {
        var stops = new ArrayList<String>();
        for (int i = random.nextInt(4); i > 0; i--) {
            var stop = new StringBuilder();
            for (int parts = 1 + random.nextInt(4); parts > 0; parts--) {
                stop.append(PARTS[random.nextInt(PARTS.length)]);
            }
            stops.add(stop.toString());
        }
        return stops;
    }

    private static List<byte[]> split(byte[] bytes, Random random) {
        var pieces = new ArrayList<byte[]>();
        int at = 0;
        while (at < bytes.length) {
            int length = Math.min(random.nextInt(5), bytes.length - at);
            pieces.add(Arrays.copyOfRange(bytes, at, at + length));
            at += length;
        }
        return pieces;
    }

    private static String oracle(byte[] bytes, List<String> stops) {
        String text = MaximalSubparts.decode(bytes);
        for (int end = 1; end <= text.length(); end++) {
            String begun = text.substring(0, end);
            int longest = 0;
            for (String stop : stops) {
                if (begun.endsWith(stop)) {
                    longest = Math.max(longest, stop.length());
                }
            }
            if (longest > 0) {
                return begun.substring(0, end - longest);
            }
        }
        return text;
    }

    /** Feeds the pieces, taking the text away after each as a stream does. */
    private String pieces(List<byte[]> pieces, List<String> stops) {
        detokenizer.begin(
                new StopStrings(stops.stream().map(StreamingDetokenizerTest::utf8).toList()));
        var text = new StringBuilder();
        var out = new GrowingBytes(16);
        for (byte[] piece : pieces) {
            out.clear();
            detokenizer.accept(piece, piece.length, out);
            text.append(strictly(out));
        }
        out.clear();
        detokenizer.end(out);
        return text.append(strictly(out)).toString();
    }

    private void accept(String text, GrowingBytes out) {
        byte[] bytes = utf8(text);
        detokenizer.accept(bytes, bytes.length, out);
    }

    /** Fails where a piece is not well-formed by itself. */
    private static String strictly(GrowingBytes out) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(copy(out))).toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("half a code point was sent", e);
        }
    }

    private static String text(GrowingBytes out) {
        return new String(copy(out), UTF_8);
    }

    private static byte[] copy(GrowingBytes out) {
        byte[] copy = new byte[out.length()];
        out.copyTo(copy, 0, copy.length);
        return copy;
    }

    private static List<byte[]> single(byte[] bytes) {
        var single = new ArrayList<byte[]>();
        for (byte b : bytes) {
            single.add(new byte[] {b});
        }
        return single;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] hex(String hex) {
        return HexFormat.ofDelimiter(" ").parseHex(hex);
    }
}
