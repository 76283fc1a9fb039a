package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How often tokens are drawn, against the chances that {@link NaiveSampler} computes. */
class SamplerFrequencyTest {
    private static final int VOCABULARY = 400;
    private static final int DRAWS = 100_000;

    /** Expected counts below this are pooled: Pearson's statistic is no chi-square for them. */
    private static final double FEW = 10;

    private final RowSampler sampler = new RowSampler(VOCABULARY);

    @Test
    void shouldDrawInProportion() {
        check(0.8f, 0, 1, 0);
        check(2, 0, 1, 0);
    }

    @Test
    void shouldDrawInProportionFromWhatIsKept() {
        check(1, 30, 1, 0);
        check(1, 0, 0.9f, 0);
        check(3, 0, 0.95f, 0);
        check(1, 0, 1, 0.01f);
        check(1.5f, 60, 0.8f, 0.02f);
    }

    private void check(float temperature, int topK, float topP, float minP) {
        var params = new SamplingParams();
        params.reset();
        params.temperature = temperature;
        params.topK = topK;
        params.topP = topP;
        params.minP = minP;
        float[] row = RandomRows.gaussian(new Random(1), VOCABULARY, 2);
        int[] drawn = new int[VOCABULARY];
        for (int position = 0; position < DRAWS; position++) {
            drawn[sampler.sample(row, params, Philox.uniform(9, 0, position))]++;
        }
        compare(drawn, NaiveSampler.chances(row, params), NaiveSampler.describe(params));
    }

    private static void compare(int[] drawn, double[] chances, String what) {
        double statistic = 0;
        int cells = 0;
        double pooled = 0;
        int pooledDrawn = 0;
        for (int id = 0; id < VOCABULARY; id++) {
            double expected = chances[id] * DRAWS;
            if (expected == 0) {
                assertThat(drawn[id]).as("%d is cut by %s", id, what).isZero();
            } else if (expected < FEW) {
                pooled += expected;
                pooledDrawn += drawn[id];
            } else {
                statistic += term(drawn[id], expected);
                cells++;
            }
        }
        if (pooled >= FEW) {
            statistic += term(pooledDrawn, pooled);
            cells++;
        }
        // Mean and deviation of a chi-square with that many degrees of freedom; four deviations.
        double degrees = cells - 1;
        assertThat(statistic).as(what).isLessThan(degrees + 4 * Math.sqrt(2 * degrees));
    }

    private static double term(int drawn, double expected) {
        return (drawn - expected) * (drawn - expected) / expected;
    }
}
