package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int VOCABULARY = 303;

    private final RowSampler sampler = new RowSampler(VOCABULARY);

    @Test
    void shouldTakeTheLargestLogitAndTheLowerIdOfTwo() {
        float[] row = new float[VOCABULARY];
        row[50] = 3;
        row[12] = 3;
        row[13] = -0.0f;
        assertThat(sample(row, 0, 0, 1, 0.5)).isEqualTo(12);
    }

    @Test
    void shouldTakeTheOnlyCandidateAtAnyTemperature() {
        float[] row = RandomRows.gaussian(new Random(1), VOCABULARY, 4);
        assertThat(sample(row, 1.7f, 1, 1, 0.999)).isEqualTo(sample(row, 0, 0, 1, 0));
        assertThat(sample(row, 1.7f, 0, 1e-6f, 0.999)).isEqualTo(sample(row, 0, 0, 1, 0));
    }

    @Test
    void shouldRefuseRowsWithoutAChoice() {
        float[] nan = RandomRows.gaussian(new Random(2), VOCABULARY, 4);
        nan[40] = Float.NaN;
        float[] infinite = RandomRows.gaussian(new Random(3), VOCABULARY, 4);
        infinite[3] = Float.POSITIVE_INFINITY;
        float[] masked = new float[VOCABULARY];
        Arrays.fill(masked, Float.NEGATIVE_INFINITY);
        for (float[] row : new float[][] {nan, infinite, masked}) {
            assertThat(sample(row, 0, 0, 1, 0)).isEqualTo(Sampler.INVALID_LOGITS);
            assertThat(sample(row, 1, 5, 0.9f, 0.3)).isEqualTo(Sampler.INVALID_LOGITS);
        }
    }

    @Test
    void shouldNeverTakeAMaskedToken() {
        float[] row = new float[VOCABULARY];
        Arrays.fill(row, Float.NEGATIVE_INFINITY);
        row[5] = 1;
        row[90] = 1;
        for (double uniform = 0; uniform < 1; uniform += 0.01) {
            assertThat(sample(row, 1, 0, 1, uniform)).isIn(5, 90);
            assertThat(sample(row, 1, 50, 0.99f, uniform)).isIn(5, 90);
        }
    }

    @Test
    void shouldFindAnInvalidLogitAnywhereAndOfAnySign() {
        float[] row = RandomRows.gaussian(new Random(11), VOCABULARY, 4);
        float negativeNaN = Float.intBitsToFloat(0xFFC0_0000);
        for (float broken : new float[] {Float.NaN, negativeNaN, Float.POSITIVE_INFINITY}) {
            for (int id = 0; id < VOCABULARY; id++) {
                float kept = row[id];
                row[id] = broken;
                assertThat(sample(row, 1, 0, 1, 0.5)).isEqualTo(Sampler.INVALID_LOGITS);
                row[id] = kept;
            }
        }
    }

    @Test
    void shouldChooseTheSameTokenWhateverItSampledBefore() {
        Random random = new Random(12);
        for (int i = 0; i < 300; i++) {
            float[] row = RandomRows.any(random, VOCABULARY);
            SamplingParams params = NaiveSampler.randomChoice(random, VOCABULARY);
            double uniform = random.nextDouble();
            assertThat(sampler.sample(row, params, uniform))
                    .isEqualTo(new RowSampler(VOCABULARY).sample(row, params, uniform));
        }
    }

    @Test
    void shouldTakeTheLastTokenWithAChanceForTheLargestUniform() {
        float[] row = new float[VOCABULARY];
        row[300] = Float.NEGATIVE_INFINITY;
        row[301] = -1000;
        double largest = Math.nextDown(1.0);
        assertThat(sample(row, 1, 0, 1, largest)).isEqualTo(VOCABULARY - 1);
        assertThat(sample(row, 1, VOCABULARY + 9, 1, largest)).isEqualTo(VOCABULARY - 1);
        row[VOCABULARY - 1] = -1000;
        assertThat(sample(row, 1, 0, 1, largest)).isEqualTo(299);
        assertThat(sample(row, 1, VOCABULARY + 9, 1, largest)).isEqualTo(299);
    }

    @Test
    void shouldKeepEveryPenalisedTokenAChoice() {
        SamplingParams params = params(0, 0, 1);
        params.repetitionPenalty = Float.MIN_VALUE;
        float[] row = new float[VOCABULARY];
        Arrays.fill(row, Float.NEGATIVE_INFINITY);
        row[7] = 3;
        row[8] = 2;
        List<Integer> prompt = List.of(7, 8, 9);
        assertThat(sampler.sample(row, params, prompt, List.of(), 0)).isEqualTo(7);

        params.repetitionPenalty = Float.MAX_VALUE;
        row[7] = -3;
        row[8] = -2;
        assertThat(sampler.sample(row, params, prompt, List.of(), 0)).isEqualTo(7);
    }

    @Test
    void shouldKeepWithMinPWhatIsLikelyEnough() {
        float[] row = new float[VOCABULARY];
        Arrays.fill(row, -50);
        row[10] = 0;
        row[20] = (float) Math.log(0.5);
        row[30] = (float) Math.log(0.2);
        SamplingParams params = params(1, 0, 1);
        params.minP = 0.4f;
        assertThat(drawn(row, params)).containsExactly(10, 20);
        params.minP = 0.1f;
        assertThat(drawn(row, params)).containsExactly(10, 20, 30);
        params.minP = 1;
        assertThat(drawn(row, params)).containsExactly(10);
        params.minP = 0.1f;
        params.topP = 0.8f;
        assertThat(drawn(row, params)).as("0.8 of what is left").containsExactly(10, 20);
        params.topK = 1;
        assertThat(drawn(row, params)).containsExactly(10);
    }

    private Set<Integer> drawn(float[] row, SamplingParams params) {
        Set<Integer> drawn = new TreeSet<>();
        for (double uniform = 0; uniform < 1; uniform += 0.001) {
            drawn.add(sampler.sample(row, params, uniform));
        }
        return drawn;
    }

    private static SamplingParams params(float temperature, int topK, float topP) {
        var params = new SamplingParams();
        params.reset();
        params.temperature = temperature;
        params.topK = topK;
        params.topP = topP;
        return params;
    }

    private int sample(float[] row, float temperature, int topK, float topP, double uniform) {
        return sampler.sample(row, params(temperature, topK, topP), uniform);
    }
}
