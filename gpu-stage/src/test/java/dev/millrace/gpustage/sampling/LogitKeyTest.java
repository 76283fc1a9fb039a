package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LogitKeyTest {
    @Test
    void shouldOrderAsLogitsDo() {
        float[] rising = {
            Float.NEGATIVE_INFINITY,
            -Float.MAX_VALUE,
            -1,
            -Float.MIN_VALUE,
            0,
            Float.MIN_VALUE,
            1,
            Float.MAX_VALUE,
            Float.POSITIVE_INFINITY
        };
        for (int i = 1; i < rising.length; i++) {
            assertThat(LogitKey.of(rising[i])).isGreaterThan(LogitKey.of(rising[i - 1]));
            assertThat(LogitKey.logit(LogitKey.of(rising[i]))).isEqualTo(rising[i]);
        }
        assertThat(LogitKey.of(-0.0f)).isEqualTo(LogitKey.of(0.0f));
        assertThat(LogitKey.of(Float.NEGATIVE_INFINITY)).isEqualTo(LogitKey.NEGATIVE_INFINITY);
        assertThat(LogitKey.of(Float.POSITIVE_INFINITY)).isEqualTo(LogitKey.POSITIVE_INFINITY);
    }

    @Test
    void shouldOrderAnyTwoLogitsAndPutNanAboveThem() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            float one = Float.intBitsToFloat(random.nextInt());
            float other = Float.intBitsToFloat(random.nextInt());
            if (Float.isNaN(one)) {
                assertThat(LogitKey.ofBits(Float.floatToRawIntBits(one)))
                        .isGreaterThan(LogitKey.POSITIVE_INFINITY);
                assertThat(LogitKey.logit(LogitKey.of(one))).isNaN();
            } else if (!Float.isNaN(other)) {
                assertThat(LogitKey.of(one) < LogitKey.of(other)).isEqualTo(one < other);
            }
        }
        assertThat(LogitKey.ofBits(-1)).isGreaterThan(LogitKey.POSITIVE_INFINITY);
        assertThat(LogitKey.ofBits(0xFF80_0001)).isGreaterThan(LogitKey.POSITIVE_INFINITY);
    }
}
