package dev.millrace.gpustage.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ringbuffer.Datatype;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int8WeightsTest extends TorchTest {
    private static final int IN = 72;
    private static final int OUT = 40;

    /** Integers are made here by the rule in {@code int8.ts.py}, and their sums are exact. */
    @ParameterizedTest
    @CsvSource({"1, 127", "2, 127", "16, 127", "33, 127", "1, 63", "16, 63"})
    void shouldMultiplyRoundedRowsByRoundedRows(int rows, int limit) {
        // A processor without VNNI saturates at more.
        int most = Math.min(limit, processorsLimit());
        float[] x = floats(rows * IN, 1);
        float[] weight = floats(OUT * IN, 2);
        float[] bias = floats(OUT, 3);
        float[] actual = linear(x, weight, bias, most);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < OUT; column++) {
                double expected =
                        bias[column]
                                + product(row(x, row), most, row(weight, column), Int8Weights.WIDE);
                assertThat((double) actual[row * OUT + column]).isCloseTo(expected, within(1e-5));
            }
        }
    }

    @Test
    void shouldGiveARowTheSameBitsWhateverIsBesideIt() {
        int rows = 37;
        float[] x = floats(rows * IN, 4);
        for (int i = 0; i < IN; i++) {
            x[3 * IN + i] *= 1e6f;
            x[5 * IN + i] *= 1e-6f;
        }
        float[] weight = floats(OUT * IN, 5);
        float[] bias = floats(OUT, 6);
        float[] together = linear(x, weight, bias, processorsLimit());
        for (int row = 0; row < rows; row++) {
            float[] alone = linear(row(x, row), weight, bias, processorsLimit());
            assertThat(alone)
                    .as("row %s", row)
                    .containsExactly(Arrays.copyOfRange(together, row * OUT, (row + 1) * OUT));
        }
    }

    @Test
    void shouldGiveTheBiasForZeros() {
        float[] bias = floats(OUT, 7);
        assertThat(linear(new float[IN], floats(OUT * IN, 8), bias, 127)).containsExactly(bias);
        assertThat(linear(floats(IN, 9), new float[OUT * IN], bias, 127)).containsExactly(bias);
    }

    @Test
    void shouldKeepANanWithinItsRow() {
        float[] x = floats(3 * IN, 10);
        x[IN + 7] = Float.NaN;
        float[] actual = linear(x, floats(OUT * IN, 11), new float[OUT], processorsLimit());
        for (int i = 0; i < actual.length; i++) {
            assertThat(Float.isNaN(actual[i])).isEqualTo(i / OUT == 1);
        }
    }

    private static int processorsLimit() {
        try (Int8Weights int8 = Int8Weights.forThisProcessor()) {
            return int8.inputLimit();
        }
    }

    private static float[] linear(float[] x, float[] weight, float[] bias, int limit) {
        try (Int8Weights int8 = new Int8Weights(limit);
                ScriptModule caller = ScriptModule.named("int8_caller");
                TensorScope _ = TensorScope.open()) {
            caller.attribute("int8", int8.methods())
                    .compile(Int8WeightsTest.class, "int8_caller.ts.py");
            int8.pack(matrix(new float[IN * OUT]));
            Tensor packed = int8.pack(matrix(weight));
            Tensor y = caller.forward(matrix(x), packed, NativeTensors.copyOf(bias));
            return NativeTensors.memory(y).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static Tensor matrix(float[] values) {
        Tensor tensor = NativeTensors.empty(Datatype.FP32, values.length / IN, IN);
        MemorySegment.copy(
                values, 0, NativeTensors.memory(tensor), ValueLayout.JAVA_FLOAT, 0, values.length);
        return tensor;
    }

    private static double product(float[] x, long limit, float[] weight, long weightLimit) {
        float xScale = scale(x, limit);
        float weightScale = scale(weight, weightLimit);
        long sum = 0;
        for (int i = 0; i < IN; i++) {
            sum += (long) (Math.rint(x[i] / xScale) * Math.rint(weight[i] / weightScale));
        }
        return (double) sum * xScale * weightScale;
    }

    private static float scale(float[] row, long limit) {
        float largest = 0;
        for (float value : row) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest / limit;
    }

    private static float[] row(float[] matrix, int row) {
        return Arrays.copyOfRange(matrix, row * IN, (row + 1) * IN);
    }

    private static float[] floats(int count, int seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }
}
