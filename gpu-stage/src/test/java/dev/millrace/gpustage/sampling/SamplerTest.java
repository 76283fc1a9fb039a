package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ringbuffer.SamplingParams;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SamplerTest {
    private static final int VOCABULARY = 97;

    private final Sampler sampler = new Sampler(VOCABULARY);

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
        float[] row = random(1);
        assertThat(sample(row, 1.7f, 1, 1, 0.999)).isEqualTo(sample(row, 0, 0, 1, 0));
        assertThat(sample(row, 1.7f, 0, 1e-6f, 0.999)).isEqualTo(sample(row, 0, 0, 1, 0));
    }

    @Test
    void shouldRefuseRowsWithoutAChoice() {
        float[] nan = random(2);
        nan[40] = Float.NaN;
        float[] infinite = random(3);
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
    void shouldAgreeWithASortingReference() {
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            SamplingParams params = NaiveSampler.randomChoice(random, VOCABULARY);
            double uniform = random.nextDouble();
            float[] row = random(i);
            assertThat(sample(row, params, null, uniform))
                    .as("row %d %s", i, NaiveSampler.describe(params))
                    .isEqualTo(NaiveSampler.sample(row, params, List.of(), List.of(), uniform));
        }
    }

    @Test
    void shouldPenaliseAndBiasAsTheReferenceDoes() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            SamplingParams params = NaiveSampler.randomChoice(random, VOCABULARY);
            NaiveSampler.randomEdits(params, random, VOCABULARY);
            if (random.nextInt(4) == 0) {
                params.temperature = 0;
            }
            List<Integer> prompt = NaiveSampler.randomTokens(random, VOCABULARY, 40);
            List<Integer> answer = NaiveSampler.randomTokens(random, VOCABULARY, 40);
            double uniform = random.nextDouble();
            float[] row = random(i);
            assertThat(sample(row, params, counts(params, prompt, answer), uniform))
                    .as("row %d %s", i, NaiveSampler.describe(params))
                    .isEqualTo(NaiveSampler.sample(row, params, prompt, answer, uniform));
        }
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
        assertThat(sample(row, params, counts(params, prompt, List.of()), 0)).isEqualTo(7);

        params.repetitionPenalty = Float.MAX_VALUE;
        row[7] = -3;
        row[8] = -2;
        assertThat(sample(row, params, counts(params, prompt, List.of()), 0)).isEqualTo(7);
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
            drawn.add(sample(row, params, null, uniform));
        }
        return drawn;
    }

    @Test
    void shouldDrawInProportion() {
        float[] row = new float[VOCABULARY];
        Arrays.fill(row, Float.NEGATIVE_INFINITY);
        row[1] = (float) Math.log(0.7);
        row[2] = (float) Math.log(0.2);
        row[3] = (float) Math.log(0.1);
        int[] counts = new int[VOCABULARY];
        int draws = 50_000;
        for (int position = 0; position < draws; position++) {
            counts[sample(row, 1, 0, 1, Philox.uniform(9, 0, position))]++;
        }
        assertThat(counts[1]).isCloseTo(35_000, within(600));
        assertThat(counts[2]).isCloseTo(10_000, within(500));
        assertThat(counts[3]).isCloseTo(5_000, within(400));
    }

    @Test
    void shouldComputeExponentialsToFifteenDigits() {
        for (double x = 0; x > -699; x -= 0.0137) {
            double expected = StrictMath.exp(x);
            assertThat(Exponential.exp(x)).isCloseTo(expected, within(expected * 2e-15));
        }
        assertThat(Exponential.exp(Double.NEGATIVE_INFINITY)).isZero();
        assertThat(Exponential.exp(0)).isEqualTo(1);
    }

    private static float[] random(int seed) {
        Random random = new Random(seed);
        float[] row = new float[VOCABULARY];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) (4 * random.nextGaussian());
        }
        return row;
    }

    private static SamplingParams params(float temperature, int topK, float topP) {
        var params = new SamplingParams();
        params.reset();
        params.temperature = temperature;
        params.topK = topK;
        params.topP = topP;
        return params;
    }

    private static TokenCounts counts(
            SamplingParams params, List<Integer> prompt, List<Integer> answer) {
        var counts = new TokenCounts(prompt.size() + answer.size());
        if (params.repetitionPenalty != 1) {
            prompt.forEach(counts::addPrompt);
        }
        answer.forEach(counts::addAnswer);
        return counts;
    }

    private int sample(float[] row, float temperature, int topK, float topP, double uniform) {
        return sample(row, params(temperature, topK, topP), null, uniform);
    }

    private int sample(
            float[] row, SamplingParams params, @Nullable TokenCounts counts, double uniform) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rows = arena.allocate(4L * VOCABULARY * 2);
            MemorySegment.copy(row, 0, rows, ValueLayout.JAVA_FLOAT, 4L * VOCABULARY, row.length);
            return sampler.sample(rows, 4L * VOCABULARY, params, counts, uniform);
        }
    }
}
