package dev.millrace.gpustage.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.ModelLoadException;
import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest extends TorchTest {
    @TempDir Path folder;

    @Test
    void shouldReadWhatWasWritten() {
        Path file = folder.resolve("model.safetensors");
        new SafetensorsWriter()
                .add("a", new float[] {1, 2, 3, 4, 5, 6}, 2, 3)
                .add("scalar", new float[] {7})
                .add("empty", new float[0], 0, 3)
                .write(file);
        try (SafetensorsFile opened = SafetensorsFile.open(file);
                TensorScope _ = TensorScope.open()) {
            StoredTensor stored = Objects.requireNonNull(opened.find("a"));
            var tensor = opened.tensor(stored);
            assertThat(NativeTensors.shape(tensor)).containsExactly(2, 3);
            assertThat(NativeTensors.memory(tensor).toArray(ValueLayout.JAVA_FLOAT))
                    .containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(opened.tensors().keySet()).containsExactly("a", "scalar", "empty");
        }
    }

    @Test
    void shouldReadTensorsThatLieAcrossAlignmentBorders() {
        Path file = folder.resolve("odd.safetensors");
        String header =
                """
                {"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},\
                "f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}\
                """;
        ByteBuffer data =
                ByteBuffer.allocate(5).order(ByteOrder.LITTLE_ENDIAN).put((byte) 9).putFloat(2.5f);
        SafetensorsWriter.write(file, header, data.array());
        try (SafetensorsFile opened = SafetensorsFile.open(file);
                TensorScope _ = TensorScope.open()) {
            StoredTensor stored = Objects.requireNonNull(opened.find("f"));
            assertThat(stored.dtype()).isEqualTo(Datatype.FP32);
            assertThat(NativeTensors.memory(opened.tensor(stored)).toArray(ValueLayout.JAVA_FLOAT))
                    .containsExactly(2.5f);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}          | span 16 bytes, but shape [2] of FP32 needs 8
                    {"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}          | outside the file
                    {"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}          | outside the file
                    {"a":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}         | whole numbers from 0
                    {"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}         | whole numbers from 0
                    {"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,16]}}        | whole numbers from 0
                    {"a":{"dtype":"F32","shape":[99999999999,99999999999],"data_offsets":[0,16]}} | more elements than can be counted
                    {"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}} | more elements than can be counted
                    {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,16]}} | whole numbers from 0
                    {"a":{"dtype":"Q4","shape":[4],"data_offsets":[0,16]}}           | dtype is "Q4"
                    {"a":{"dtype":7,"shape":[4],"data_offsets":[0,16]}}              | dtype is 7
                    {"a":{"shape":[4],"data_offsets":[0,16]}}                        | tensor a: dtype is
                    {"a":{"dtype":"F32","data_offsets":[0,16]}}                      | a list of lengths
                    {"a":{"dtype":"F32","shape":[4],"data_offsets":[0]}}             | [begin, end] is expected
                    {"a":{"dtype":"F32","shape":[4],"data_offsets":["0","16"]}}      | whole numbers from 0
                    {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}} | tensor b: begins at byte
                    {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}} | leaves a hole
                    {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}           | belong to none
                    {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}} | not valid JSON
                    {"a":7}                                                          | tensor a
                    [1,2]                                                            | not a JSON object
                    {"a":                                                            | not valid JSON
                    nonsense                                                         | not valid JSON
                    """)
    void shouldRefuseAHeaderThatLies(String header, String reason) {
        Path file = folder.resolve("bad.safetensors");
        SafetensorsWriter.write(file, header, new byte[16]);
        assertRefused(file, reason);
    }

    @ParameterizedTest
    @CsvSource({"-1", "9223372036854775807", "100000001", "4096", "1", "0"})
    void shouldRefuseAHeaderLengthThatCannotBe(long length) {
        Path file = folder.resolve("bad.safetensors");
        SafetensorsWriter.write(file, length, "{}", new byte[0]);
        assertRefused(file, "header length is " + Long.toUnsignedString(length));
    }

    @Test
    void shouldRefuseMissingShortAndTruncatedFiles() throws IOException {
        assertRefused(folder.resolve("none.safetensors"), "no such file");
        Path file = folder.resolve("short.safetensors");
        Files.write(file, new byte[5]);
        assertRefused(file, "holds 5 bytes");
        Files.write(file, new byte[0]);
        assertRefused(file, "holds 0 bytes");
        new SafetensorsWriter().add("a", new float[100], 100).write(file);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SafetensorsFile.open(file))
                    .isInstanceOf(ModelLoadException.class);
        }
    }

    @Test
    void shouldNeverDoAnythingButRefuseOrOpenWhateverTheHeaderSays() throws IOException {
        Path file = folder.resolve("fuzzed.safetensors");
        new SafetensorsWriter().add("a", new float[4], 4).add("b", new float[6], 2, 3).write(file);
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] broken = whole.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, broken);
            try (SafetensorsFile opened = SafetensorsFile.open(file);
                    TensorScope _ = TensorScope.open()) {
                opened.tensors()
                        .values()
                        .forEach(stored -> NativeTensors.toFloat(opened.tensor(stored)).sum());
            } catch (ModelLoadException e) {
                refused++;
                assertThat(e).hasMessageContaining("fuzzed.safetensors");
            }
        }
        assertThat(refused).isGreaterThan(1_000);
    }

    private static void assertRefused(Path file, String reason) {
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(file.getFileName().toString())
                .hasMessageContaining(reason)
                .hasMessageNotContaining("\n");
    }
}
