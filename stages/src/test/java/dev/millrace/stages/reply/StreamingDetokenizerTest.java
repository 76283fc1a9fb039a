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
        assertThat(pieces(List.of(bytes))).isEqualTo(text);
        assertThat(pieces(single(bytes))).isEqualTo(text);
    }

    @Test
    void shouldHoldBackHalfACodePointUntilItIsWhole() {
        var out = new GrowingBytes(16);
        detokenizer.begin();
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
        assertThat(pieces(List.of(hex("41 F0 9F"), hex("98")))).isEqualTo("A\uFFFD");
    }

    @Test
    void shouldForgetTheRunBeforeAtTheNext() {
        assertThat(pieces(List.of(hex("41 F0 9F")))).isEqualTo("A\uFFFD");
        assertThat(pieces(List.of(utf8("B🙂")))).isEqualTo("B🙂");
    }

    /** Against the whole text, decoded by the definition. */
    @Test
    void shouldGiveTheTextOfTheWholeForEverySplit() {
        var random = new Random(20_261_122);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = bytes(random);
            assertThat(pieces(split(bytes, random)))
                    .as("round %d", round)
                    .isEqualTo(MaximalSubparts.decode(bytes));
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

    /** Feeds the pieces, taking the text away after each as a stream does. */
    private String pieces(List<byte[]> pieces) {
        detokenizer.begin();
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
