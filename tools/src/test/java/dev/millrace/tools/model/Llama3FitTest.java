package dev.millrace.tools.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class Llama3FitTest {
    private static final int HEAD_DIM = 64;
    private static final double THETA = 500_000;

    /** Llama 3.1's rule in the words of its reference: by wavelength, in tokens. */
    private static float[] divisors(double factor, double low, double high, int context) {
        float[] divisors = new float[HEAD_DIM / 2];
        for (int j = 0; j < divisors.length; j++) {
            double wavelength = 2 * Math.PI * Math.pow(THETA, 2.0 * j / HEAD_DIM);
            if (wavelength < context / high) {
                divisors[j] = 1;
            } else if (wavelength > context / low) {
                divisors[j] = (float) factor;
            } else {
                double smooth = (context / wavelength - low) / (high - low);
                divisors[j] = (float) (1 / ((1 - smooth) / factor + smooth));
            }
        }
        return divisors;
    }

    private static RopeScaling.@Nullable Llama3 fit(float[] divisors, int context) {
        return Llama3Fit.of(divisors, THETA, context);
    }

    @Test
    void shouldFindWhatLlamaModelsHave() {
        assertThat(fit(divisors(8, 1, 4, 8192), 8192))
                .isEqualTo(new RopeScaling.Llama3(8, 1, 4, 8192));
        assertThat(fit(divisors(32, 1, 4, 8192), 8192))
                .isEqualTo(new RopeScaling.Llama3(32, 1, 4, 8192));
    }

    @Test
    void shouldFindOtherBounds() {
        assertThat(fit(divisors(4, 1.5, 6, 2048), 2048))
                .isEqualTo(new RopeScaling.Llama3(4, 1.5, 6, 2048));
    }

    /** Bounds of half the context are half the bounds. */
    @Test
    void shouldFindTheSameModelForAnotherContext() {
        assertThat(fit(divisors(8, 1, 4, 8192), 4096))
                .isEqualTo(new RopeScaling.Llama3(8, 0.5, 2, 4096));
    }

    @Test
    void shouldSeeThatNothingIsScaled() {
        float[] ones = new float[HEAD_DIM / 2];
        Arrays.fill(ones, 1);
        assertThat(fit(ones, 8192)).isEqualTo(new RopeScaling.Llama3(1, 1, 4, 8192));
    }

    @Test
    void shouldFindNothingBehindOtherScalings() {
        float[] bent = divisors(8, 1, 4, 8192);
        bent[15] *= 1.01f;
        assertThat(fit(bent, 8192)).isNull();
        float[] growing = new float[HEAD_DIM / 2];
        for (int j = 0; j < growing.length; j++) {
            growing[j] = 1 + j / 8f;
        }
        assertThat(fit(growing, 8192)).isNull();
        growing[3] = Float.NaN;
        assertThat(fit(growing, 8192)).isNull();
    }
}
