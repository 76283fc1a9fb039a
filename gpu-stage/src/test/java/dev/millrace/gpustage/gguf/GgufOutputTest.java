package dev.millrace.gpustage.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.weights.ElementReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufOutputTest {
    @TempDir Path folder;

    private Path file() {
        return folder.resolve("model.gguf");
    }

    private static ElementReader of(float... elements) {
        return (from, chunk, count) -> System.arraycopy(elements, (int) from, chunk, 0, count);
    }

    @Test
    void shouldWriteTheBytesOfTheFormat() throws IOException {
        new GgufOutput()
                .string("s", "é")
                .integer("i", 7)
                .number("f", 0.5f)
                .flag("b", true)
                .strings("l", List.of("x", ""))
                .integers("n", new int[] {-1})
                .numbers("d", new float[] {2})
                .add("m", GgmlType.F32, of(1, 2, 3, 4, 5, 6), 2, 3)
                .add("h", GgmlType.F16, of(-2.5f), 1)
                .write(file());
        byte[] expected =
                GgufBytes.head(3, 2, 7)
                        .key("s", 8)
                        .string("é")
                        .key("i", 4)
                        .u32(7)
                        .key("f", 6)
                        .f32(0.5f)
                        .key("b", 7)
                        .u8(1)
                        .key("l", 9)
                        .u32(8)
                        .u64(2)
                        .string("x")
                        .string("")
                        .key("n", 9)
                        .u32(5)
                        .u64(1)
                        .u32(-1)
                        .key("d", 9)
                        .u32(6)
                        .u64(1)
                        .f32(2)
                        .tensor("m", 0, 0, 3, 2)
                        .tensor("h", 1, 32, 1)
                        .align(32)
                        .f32(1)
                        .f32(2)
                        .f32(3)
                        .f32(4)
                        .f32(5)
                        .f32(6)
                        .align(32)
                        .u8(0x00, 0xc1)
                        .align(32)
                        .array();
        assertThat(Files.readAllBytes(file())).isEqualTo(expected);
        assertThat(folder.toFile().list()).containsExactly("model.gguf");
    }

    /** The largest magnitude is 127 steps of 0.5; 0.25 lies half-way and goes away from zero. */
    @Test
    void shouldQuantiseToEightBits() throws IOException {
        float[] block = new float[32];
        block[0] = -63.5f;
        block[1] = 0.25f;
        block[2] = -0.25f;
        block[3] = 0.24f;
        block[31] = 10;
        new GgufOutput().add("q", GgmlType.Q8_0, of(block), 1, 32).write(file());
        byte[] data = data(34);
        // 0x3800 is 0.5.
        assertThat(data).startsWith(0x00, 0x38, -127, 1, -1, 0);
        assertThat(data[33]).isEqualTo((byte) 20);
    }

    /** The element of largest magnitude becomes -8, whatever its sign. */
    @Test
    void shouldQuantiseToFourBits() throws IOException {
        float[] block = new float[32];
        block[0] = 4;
        block[1] = -3.5f;
        block[16] = 1;
        block[17] = -4;
        new GgufOutput().add("q", GgmlType.Q4_0, of(block), 1, 32).write(file());
        byte[] data = data(18);
        // The scale is 4 / -8, 0xb800. By hand: 4 is -8, 0; 1 is -2, 6; -3.5 is 7, 15; -4 is 8, cut
        // to 7, 15; and 0 is 8.
        assertThat(data).startsWith(0x00, 0xb8 - 256, 0x60, 0xff - 256, 0x88 - 256);
    }

    private byte[] data(int bytes) throws IOException {
        byte[] all = Files.readAllBytes(file());
        int padded = Math.ceilDiv(bytes, 32) * 32;
        return java.util.Arrays.copyOfRange(all, all.length - padded, all.length - padded + bytes);
    }

    @ParameterizedTest
    @CsvSource({"F32, 0", "F16, 1e-3", "BF16, 8e-3", "Q8_0, 8e-3", "Q4_0, 0.15"})
    void shouldGiveBackWhatItWrote(GgmlType type, float tolerance) throws IOException {
        float[] elements = new float[100 * 1024];
        Random random = new Random(7);
        for (int i = 0; i < elements.length; i++) {
            elements[i] = random.nextFloat() * 2 - 1;
        }
        new GgufOutput().add("m", type, of(elements), 100, 1024).write(file());
        try (GgufFile opened = GgufFile.open(file())) {
            float[] read = GgufFileTest.all(opened, "m", elements.length);
            for (int i = 0; i < read.length; i++) {
                if (Math.abs(read[i] - elements[i]) > tolerance) {
                    assertThat(read[i]).as("element %d", i).isEqualTo(elements[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"F16, 65536", "F16, NaN", "Q8_0, 1e7", "Q4_0, 600000", "BF16, NaN"})
    void shouldRefuseWhatATypeCannotHold(GgmlType type, float value) {
        float[] block = new float[32];
        block[5] = value;
        GgufOutput output = new GgufOutput().add("m", type, of(block), 1, 32);
        assertThatThrownBy(() -> output.write(file()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tensor m holds " + value + "; " + type + " holds");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shouldRefuseRowsThatAreNoWholeBlocks() {
        assertThatThrownBy(() -> new GgufOutput().add("m", GgmlType.Q4_0, of(), 32, 48))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rows of 48; a multiple of 32");
    }
}
