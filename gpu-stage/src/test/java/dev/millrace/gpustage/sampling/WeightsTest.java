package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WeightsTest {
    private static final int LENGTH = 8700;

    private final Weights weights = new Weights(LENGTH);

    @Test
    void shouldBeExponentials() {
        float[] logits = falling();
        weights.begin(3, 0.5f, 0);
        weights.fill(logits, LENGTH);
        double sum = 0;
        for (int i = 0; i < LENGTH; i++) {
            double expected = StrictMath.exp((logits[i] - 3.0) / 0.5);
            double error = expected > 1e-3 ? 1e-6 : 1e-5;
            assertThat((double) weights.array()[i]).isCloseTo(expected, within(expected * error));
            sum += expected;
        }
        assertThat(weights.sum()).isCloseTo(sum, within(sum * 1e-6));
        assertThat(weights.array()[0]).isEqualTo(1);
    }

    @Test
    void shouldBeZeroBelowMinP() {
        float[] logits = falling();
        weights.begin(3, 1, 0.25f);
        weights.fill(logits, LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            float weight = weights.array()[i];
            assertThat(weight == 0 || weight >= 0.25f).isTrue();
            assertThat(weight == 0).isEqualTo(StrictMath.exp(logits[i] - 3.0) < 0.25);
        }
        assertThat(weights.count(0.5f)).isEqualTo((int) (StrictMath.log(2) / 0.005) + 1);
    }

    @Test
    void shouldBeZeroBelowTheSmallestNormalFloat() {
        float[] logits = {0, -87, -88, -1e30f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY};
        for (float temperature : new float[] {1, 1e-30f, Float.MIN_VALUE}) {
            weights.begin(0, temperature, -0.0f);
            weights.fill(logits, logits.length);
            assertThat(weights.array()[0]).isEqualTo(1);
            assertThat(weights.array()[1] > 0).isEqualTo(temperature == 1);
            for (int i = 2; i < logits.length; i++) {
                assertThat(weights.array()[i]).isZero();
            }
        }
    }

    /** From 3 down in steps of 0.005. */
    private static float[] falling() {
        float[] logits = new float[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            logits[i] = 3 - 0.005f * i;
        }
        return logits;
    }
}
