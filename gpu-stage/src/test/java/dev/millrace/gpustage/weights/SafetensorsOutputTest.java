package dev.millrace.gpustage.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.gpustage.torch.NativeTensors;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Datatype;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsOutputTest extends TorchTest {
    @TempDir Path folder;

    private static SafetensorsOutput.Elements of(float... values) {
        int[] next = {0};
        return (chunk, count) -> {
            for (int i = 0; i < count; i++) {
                chunk[i] = values[next[0]++];
            }
        };
    }

    private static float[] read(SafetensorsFile file, String name) {
        StoredTensor stored = Objects.requireNonNull(file.find(name));
        return NativeTensors.memory(NativeTensors.toFloat(file.tensor(stored)))
                .toArray(ValueLayout.JAVA_FLOAT);
    }

    @Test
    void shouldWriteWhatSafetensorsFileReads() throws IOException {
        Path file = folder.resolve("model.safetensors");
        new SafetensorsOutput()
                .add("a \"quoted\" name", Datatype.FP32, of(1, 2, 3, 4, 5, 6), 2, 3)
                .add("odd", Datatype.FP16, of(0.5f, -65504, 1 / 3f), 3)
                .add("scalar", Datatype.BF16, of(7))
                .add("empty", Datatype.FP32, of(), 0, 3)
                .write(file);
        try (SafetensorsFile opened = SafetensorsFile.open(file);
                TensorScope _ = TensorScope.open()) {
            assertThat(opened.tensors().keySet())
                    .containsExactly("a \"quoted\" name", "odd", "scalar", "empty");
            assertThat(Objects.requireNonNull(opened.find("a \"quoted\" name")).shape())
                    .containsExactly(2L, 3L);
            assertThat(read(opened, "a \"quoted\" name")).containsExactly(1, 2, 3, 4, 5, 6);
            // A third in binary16: the nearest of the steps of 2^-12.
            assertThat(read(opened, "odd")).containsExactly(0.5f, -65504, 1365 / 4096f);
            assertThat(read(opened, "scalar")).containsExactly(7);
        }
        assertThat(folder.toFile().list()).containsExactly("model.safetensors");
    }

    @Test
    void shouldRoundBfloat16ToTheNearestAndTiesToEven() throws IOException {
        Path file = folder.resolve("rounded.safetensors");
        float step = 0x1p-7f;
        new SafetensorsOutput()
                .add(
                        "a",
                        Datatype.BF16,
                        of(1 + 0.4f * step, 1 + 0.6f * step, 1 + step / 2, 1 + 1.5f * step, -1),
                        5)
                .write(file);
        try (SafetensorsFile opened = SafetensorsFile.open(file);
                TensorScope _ = TensorScope.open()) {
            assertThat(read(opened, "a")).containsExactly(1, 1 + step, 1, 1 + 2 * step, -1);
        }
    }

    @Test
    void shouldStreamTensorsLargerThanAChunk() throws IOException {
        Path file = folder.resolve("large.safetensors");
        int[] next = {0};
        int elements = 3 * (1 << 16) + 5;
        new SafetensorsOutput()
                .add(
                        "counts",
                        Datatype.FP32,
                        (chunk, count) -> {
                            for (int i = 0; i < count; i++) {
                                chunk[i] = next[0]++;
                            }
                        },
                        elements)
                .write(file);
        try (SafetensorsFile opened = SafetensorsFile.open(file);
                TensorScope _ = TensorScope.open()) {
            float[] values = read(opened, "counts");
            assertThat(values).hasSize(elements);
            for (int i = 0; i < elements; i++) {
                assertThat(values[i]).isEqualTo(i);
            }
        }
    }

    @Test
    void shouldLeaveNothingBehindWhereElementsCannotBeMade() {
        Path file = folder.resolve("broken.safetensors");
        SafetensorsOutput output =
                new SafetensorsOutput()
                        .add(
                                "a",
                                Datatype.FP32,
                                (_, _) -> {
                                    throw new IllegalStateException("no more");
                                },
                                3);
        assertThatThrownBy(() -> output.write(file)).hasMessage("no more");
        assertThat(Files.exists(file)).isFalse();
        assertThat(folder.toFile().list()).isEmpty();
    }

    @Test
    void shouldRefuseTypesAndNamesThatCannotBeWritten() {
        SafetensorsOutput output = new SafetensorsOutput().add("a", Datatype.FP32, of(1), 1);
        assertThatThrownBy(() -> output.add("a", Datatype.FP32, of(1), 1))
                .hasMessage("tensor a was added before");
        assertThatThrownBy(() -> output.add("b", Datatype.INT8, of(1), 1))
                .hasMessage("dtype is INT8; FP32, FP16 or BF16 is expected");
    }
}
