package dev.millrace.gpustage.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files are made byte by byte after the format's description; see {@link GgufBytes}. */
class GgufFileTest {
    private static final int UINT32 = 4;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private static final int F32 = 0;
    private static final int F16 = 1;
    private static final int Q4_0 = 2;
    private static final int Q8_0 = 8;
    private static final int Q4_K = 12;
    private static final int BF16 = 30;

    @TempDir Path folder;

    private Path file() {
        return folder.resolve("model.gguf");
    }

    @Test
    void shouldReadEveryKindOfValue() {
        GgufBytes.head(2, 0, 14)
                .key("u8", 0)
                .u8(200)
                .key("i8", 1)
                .u8(200)
                .key("u16", 2)
                .u8(0xff, 0xff)
                .key("i16", 3)
                .u8(0xff, 0xff)
                .key("u32", UINT32)
                .u32(4_000_000_000L)
                .key("i32", 5)
                .u32(-7)
                .key("f32", 6)
                .f32(1.5f)
                .key("bool", 7)
                .u8(1)
                .key("string", STRING)
                .string("naïve")
                .key("u64", 10)
                .u64(1L << 40)
                .key("i64", 11)
                .u64(5)
                .key("f64", 12)
                .u64(Double.doubleToLongBits(2.25))
                .key("strings", ARRAY)
                .u32(STRING)
                .u64(2)
                .string("a")
                .string("")
                .key("floats", ARRAY)
                .u32(6)
                .u64(1)
                .f32(-3)
                .write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            GgufMetadata metadata = opened.metadata();
            assertThat(metadata.integer("u8", 0, 255)).isEqualTo(200);
            assertThat(metadata.integer("i8", -128, 127)).isEqualTo(-56);
            assertThat(metadata.integer("u16", 0, 1 << 16)).isEqualTo(65535);
            assertThat(metadata.integer("i16", -1, 0)).isEqualTo(-1);
            assertThat(metadata.integer("i32", -7, 0)).isEqualTo(-7);
            assertThat(metadata.number("f32")).isEqualTo(1.5);
            assertThat(metadata.flag("bool", false)).isTrue();
            assertThat(metadata.string("string")).isEqualTo("naïve");
            assertThat(metadata.integer("i64", 0, 9)).isEqualTo(5);
            assertThat(metadata.number("f64")).isEqualTo(2.25);
            assertThat(metadata.strings("strings")).containsExactly("a", "");
            assertThat(metadata.numbers("floats")).containsExactly(-3.0);
            assertThatThrownBy(() -> metadata.integer("u32", 0, Integer.MAX_VALUE))
                    .isInstanceOf(ModelLoadException.class)
                    .hasMessageContaining("u32 is 4000000000; a whole number from 0");
            assertThatThrownBy(() -> metadata.integer("u64", 0, 9)).hasMessageContaining("u64 is");
            assertThatThrownBy(() -> metadata.strings("floats"))
                    .hasMessageContaining("floats is an array of 1; an array of strings");
            assertThatThrownBy(() -> metadata.string("none"))
                    .hasMessageContaining("none is missing; a string");
        }
    }

    /** Values that the formats hold exactly, by hand. */
    @Test
    void shouldReadPlainElements() throws IOException {
        GgufBytes.head(3, 3, 0)
                .tensor("floats", F32, 0, 3, 2)
                .tensor("halves", F16, 32, 2)
                .tensor("brains", BF16, 64, 2)
                .align(32)
                .f32(1)
                .f32(2)
                .f32(3)
                .f32(4)
                .f32(5)
                .f32(6)
                .align(32)
                // 0x3c00 is 1, 0xc100 is -2.5 with a mantissa of 01 0000 0000.
                .u8(0x00, 0x3c, 0x00, 0xc1)
                .align(32)
                // The upper halves of 1.0 (0x3f800000) and -3.0 (0xc0400000).
                .u8(0x80, 0x3f, 0x40, 0xc0)
                .write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            assertThat(tensor(opened, "floats").shape()).containsExactly(2L, 3L);
            assertThat(all(opened, "floats", 6)).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(all(opened, "halves", 2)).containsExactly(1, -2.5f);
            assertThat(all(opened, "brains", 2)).containsExactly(1, -3);
            assertThat(opened.tensors().keySet()).containsExactly("floats", "halves", "brains");
        }
    }

    @Test
    void shouldReadBlocksOfEightBits() throws IOException {
        // Two blocks: scale 0.5 (0x3800) with -16 … 15, scale 2 (0x4000) with 127 and -128.
        GgufBytes bytes = GgufBytes.head(3, 1, 0).tensor("q", Q8_0, 0, 64).align(32).u8(0, 0x38);
        for (int i = -16; i < 16; i++) {
            bytes.u8(i);
        }
        bytes.u8(0, 0x40).u8(127, -128).zeros(30).write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            float[] read = all(opened, "q", 64);
            for (int i = 0; i < 32; i++) {
                assertThat(read[i]).as("element %d", i).isEqualTo((i - 16) * 0.5f);
            }
            assertThat(Arrays.copyOfRange(read, 32, 35)).containsExactly(254, -256, 0);
        }
    }

    @Test
    void shouldReadBlocksOfFourBits() throws IOException {
        // Scale -0.25 (0xb400). Byte i has i in its low half, 15 - i in its high one: the first 16
        // elements are (i - 8) * -0.25, the last 16 are (7 - i) * -0.25.
        GgufBytes bytes = GgufBytes.head(3, 1, 0).tensor("q", Q4_0, 0, 32).align(32).u8(0, 0xb4);
        for (int i = 0; i < 16; i++) {
            bytes.u8(i | (15 - i) << 4);
        }
        bytes.write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            float[] read = all(opened, "q", 32);
            for (int i = 0; i < 16; i++) {
                assertThat(read[i]).as("element %d", i).isEqualTo((i - 8) * -0.25f);
                assertThat(read[16 + i]).as("element %d", 16 + i).isEqualTo((7 - i) * -0.25f);
            }
        }
    }

    @Test
    void shouldReadFromAnyElementOn() throws IOException {
        int count = 40 * 32;
        GgufBytes bytes = GgufBytes.head(3, 1, 0).tensor("q", Q8_0, 0, count).align(32);
        for (int block = 0; block < 40; block++) {
            bytes.u8(0, 0x3c);
            for (int i = 0; i < 32; i++) {
                bytes.u8(block + i);
            }
        }
        bytes.write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            float[] whole = all(opened, "q", count);
            float[] part = new float[100];
            opened.elements(tensor(opened, "q")).read(45, part, 100);
            assertThat(part).containsExactly(Arrays.copyOfRange(whole, 45, 145));
            assertThat(whole[45]).isEqualTo(1 + 13);
        }
    }

    /**
     * A file that is wrong.
     *
     * @param what in a few words
     * @param bytes all of it
     * @param says part of the refusal
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Damage(String what, byte[] bytes, String says) {
        Damage(String what, GgufBytes bytes, String says) {
            this(what, bytes.array(), says);
        }

        @Override
        public String toString() {
            return what;
        }
    }

    private static GgufBytes one(int type, long offset, long... lengths) {
        return GgufBytes.head(3, 1, 0).tensor("t", type, offset, lengths).align(32).zeros(64);
    }

    private static GgufBytes two(String second, long offset) {
        return GgufBytes.head(3, 2, 0)
                .tensor("t", F32, 0, 16)
                .tensor(second, F32, offset, 8)
                .align(32)
                .zeros(96);
    }

    static Stream<Damage> damages() {
        return Stream.of(
                new Damage("nothing", new GgufBytes(), "no GGUF file"),
                new Damage("another format", new GgufBytes().text("GGML").zeros(20), "no GGUF"),
                new Damage("version 1", GgufBytes.head(1, 0, 0), "version is 1; 2 or 3"),
                new Damage("big-endian", GgufBytes.head(3 << 24, 0, 0), "of a big-endian file"),
                new Damage("cut in the head", new GgufBytes().text("GGUF").u32(3), "tensor_count"),
                new Damage(
                        "-1 tensors", GgufBytes.head(3, -1, 0).zeros(99), "18446744073709551615"),
                new Damage(
                        "2^40 keys", GgufBytes.head(3, 0, 1L << 40).zeros(99), "metadata_kv_cou"),
                new Damage("keys past the end", GgufBytes.head(3, 0, 9).zeros(99), "truncated?"),
                new Damage(
                        "a key of 2^63 bytes",
                        GgufBytes.head(3, 0, 1).u64(1L << 63).zeros(9),
                        "the length of key 0 is 9223372036854775808; 0 to 9 are possible"),
                new Damage(
                        "a key that is no text",
                        GgufBytes.head(3, 0, 1).u64(2).u8(0xc3, 0x28).zeros(9),
                        "key 0 is not UTF-8"),
                new Damage(
                        "a key twice",
                        GgufBytes.head(3, 0, 2).key("k", 0).u8(1).key("k", 0).u8(1),
                        "key k comes twice"),
                new Damage(
                        "a value of no type",
                        GgufBytes.head(3, 0, 1).key("k", 13).zeros(9),
                        "k has value type 13; 0 to 12"),
                new Damage(
                        "a string past the end",
                        GgufBytes.head(3, 0, 1).key("k", STRING).u64(50).zeros(9),
                        "the length of k is 50; 0 to 9"),
                new Damage(
                        "an array of 2^62",
                        GgufBytes.head(3, 0, 1).key("k", ARRAY).u32(0).u64(1L << 62).zeros(9),
                        "the length of k is 4611686018427387904; 0 to 9"),
                new Damage(
                        "an array longer than the file",
                        GgufBytes.head(3, 0, 1).key("k", ARRAY).u32(STRING).u64(3).zeros(20),
                        "the length of k is 3; 0 to 2"),
                new Damage(
                        "an array of arrays",
                        GgufBytes.head(3, 0, 1).key("k", ARRAY).u32(ARRAY).u64(0),
                        "k is an array of arrays"),
                new Damage(
                        "an odd alignment",
                        GgufBytes.head(3, 0, 1).key("general.alignment", UINT32).u32(24),
                        "general.alignment is 24; a power of two"),
                new Damage(
                        "no alignment",
                        GgufBytes.head(3, 0, 1).key("general.alignment", UINT32).u32(0),
                        "general.alignment is 0"),
                new Damage(
                        "a long name",
                        GgufBytes.head(3, 1, 0)
                                .tensor("t".repeat(65), F32, 0, 1)
                                .align(32)
                                .zeros(9),
                        "the length of a tensor's name is 65; 0 to 64"),
                new Damage("no dimensions", one(F32, 0), "tensor t has 0 dimensions"),
                new Damage("five dimensions", one(F32, 0, 1, 1, 1, 1, 1), "has 5 dimensions"),
                new Damage("a length of 0", one(F32, 0, 4, 0), "shape [0, 4]; lengths from 1"),
                new Damage("a length below 0", one(F32, 0, -4), "lengths from 1"),
                new Damage("2^64 elements", one(F32, 0, 1L << 32, 1L << 32), "more than can be"),
                new Damage("2^62 floats", one(F32, 0, 1L << 62), "more than can be counted"),
                new Damage("another type", one(Q4_K, 0, 256), "has type Q4_K; F32, F16, BF16"),
                new Damage("no type", one(99, 0, 256), "has type number 99"),
                new Damage("half a block", one(Q8_0, 0, 48), "rows of 48; a multiple of 32"),
                new Damage("an odd offset", one(F32, 4, 1), "byte 4 of the data; a multiple of 32"),
                new Damage("an offset below 0", one(F32, -32, 1), "18446744073709551584"),
                new Damage("an offset past the end", one(F32, 96, 1), "outside the file"),
                new Damage("the largest offset", one(F32, Long.MAX_VALUE - 31, 1), "outside the"),
                new Damage("more than the file", one(F32, 32, 9), "36 bytes at byte 32"),
                new Damage("two in one place", two("u", 0), "tensor u overlaps the one before"),
                new Damage("an overlap", two("u", 32), "tensor u overlaps the one before it"),
                new Damage("a name twice", two("t", 64), "tensor t comes twice"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void shouldRefuse(Damage damage) throws IOException {
        Files.write(file(), damage.bytes());
        assertThatThrownBy(() -> GgufFile.open(file()))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("model.gguf: ")
                .hasMessageContaining(damage.says());
    }

    @Test
    void shouldRefuseAFileThatIsNotThere() {
        assertThatThrownBy(() -> GgufFile.open(file()))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void shouldRefuseRatherThanFailWhateverIsCutOrChanged() throws IOException {
        byte[] whole =
                GgufBytes.head(3, 2, 3)
                        .key("general.alignment", UINT32)
                        .u32(32)
                        .key("s", STRING)
                        .string("text")
                        .key("a", ARRAY)
                        .u32(STRING)
                        .u64(2)
                        .string("x")
                        .string("yy")
                        .tensor("t", F32, 0, 4, 2)
                        .tensor("q", Q8_0, 32, 32)
                        .align(32)
                        .zeros(32 + 34)
                        .array();
        for (int length = 0; length < whole.length; length++) {
            Files.write(file(), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> GgufFile.open(file()).close())
                    .as("cut to %d bytes", length)
                    .isInstanceOf(ModelLoadException.class);
        }
        Random random = new Random(1);
        for (int i = 0; i < 5_000; i++) {
            byte[] changed = whole.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            Files.write(file(), changed);
            try (GgufFile opened = GgufFile.open(file())) {
                for (GgufTensor tensor : opened.tensors().values()) {
                    opened.elements(tensor).read(0, new float[1], 1);
                }
            } catch (ModelLoadException expected) {
                assertThat(expected).hasMessageContaining("model.gguf");
            }
        }
    }

    @Test
    void shouldSayWhenTheFileIsCutWhileItIsRead() throws IOException {
        one(F32, 0, 16).write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            Files.write(file(), new byte[60]);
            assertThatThrownBy(() -> all(opened, "t", 16))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cut short");
        }
    }

    static GgufTensor tensor(GgufFile file, String name) {
        return Objects.requireNonNull(file.find(name));
    }

    static float[] all(GgufFile file, String name, int count) throws IOException {
        float[] elements = new float[count];
        file.elements(tensor(file, name)).read(0, elements, count);
        return elements;
    }
}
