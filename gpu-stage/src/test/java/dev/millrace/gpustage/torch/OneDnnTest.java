package dev.millrace.gpustage.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OneDnnTest extends TorchTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 16", "16, 1", "16, 16", "33, 16"})
    void shouldMultiplyByAPackedMatrixAsByHand(int rows, int packedFor) {
        int in = 24;
        int out = 40;
        float[] x = floats(rows * in, 1);
        float[] weight = floats(out * in, 2);
        try (OneDnn oneDnn = new OneDnn();
                ScriptModule caller = ScriptModule.named("caller");
                TensorScope _ = TensorScope.open()) {
            caller.attribute("onednn", oneDnn.methods())
                    .compile(OneDnnTest.class, "onednn_caller.ts.py");
            Tensor packed =
                    oneDnn.pack(
                            NativeTensors.reshape(NativeTensors.copyOf(weight), out, in),
                            packedFor);
            Tensor y =
                    caller.forward(
                            NativeTensors.reshape(NativeTensors.copyOf(x), rows, in), packed);
            float[] actual = NativeTensors.memory(y).toArray(ValueLayout.JAVA_FLOAT);
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < out; column++) {
                    double sum = 0;
                    for (int k = 0; k < in; k++) {
                        sum += (double) x[row * in + k] * weight[column * in + k];
                    }
                    assertThat((double) actual[row * out + column]).isCloseTo(sum, within(1e-5));
                }
            }
        }
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
