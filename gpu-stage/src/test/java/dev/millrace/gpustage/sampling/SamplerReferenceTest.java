package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The sampler against {@link NaiveSampler}, which computes in doubles. Weights are floats, so where
 * the uniform, or a share to keep, lies within {@value #TOLERANCE} of a border between two tokens,
 * either will do; that is rare, and counted.
 */
class SamplerReferenceTest {
    private static final double TOLERANCE = 1e-5;
    private static final float[] TEMPERATURES = {1e-6f, 0.01f, 0.7f, 1, 5, 1000, 1e9f};

    private int atBorder;

    @Test
    void shouldAgreeOnSmallRows() {
        agree(97, 20_000, 4);
        agree(1, 200, 5);
        agree(2, 500, 6);
    }

    /** More than one block and one chunk, the last one not full. */
    @Test
    void shouldAgreeOnRowsOfSeveralBlocks() {
        agree(128, 500, 7);
        agree(1000, 2000, 8);
        agree(2 * 2048 + 129, 1000, 9);
    }

    private void agree(int vocabulary, int rows, int seed) {
        Random random = new Random(seed);
        RowSampler sampler = new RowSampler(vocabulary);
        for (int i = 0; i < rows; i++) {
            SamplingParams params = NaiveSampler.randomChoice(random, vocabulary);
            if (random.nextInt(4) == 0) {
                params.temperature = TEMPERATURES[random.nextInt(TEMPERATURES.length)];
            }
            float[] row = RandomRows.any(random, vocabulary);
            double uniform = random.nextDouble();
            check(row, params, uniform, sampler.sample(row, params, uniform), i);
        }
        assertThat(atBorder).as("choices at a border").isLessThanOrEqualTo(2 + rows / 500);
    }

    @Test
    void shouldPenaliseAndBiasAsTheReferenceDoes() {
        int vocabulary = 97;
        Random random = new Random(10);
        RowSampler sampler = new RowSampler(vocabulary);
        for (int i = 0; i < 20_000; i++) {
            SamplingParams params = NaiveSampler.randomChoice(random, vocabulary);
            NaiveSampler.randomEdits(params, random, vocabulary);
            if (random.nextInt(4) == 0) {
                params.temperature = 0;
            }
            List<Integer> prompt = NaiveSampler.randomTokens(random, vocabulary, 40);
            List<Integer> answer = NaiveSampler.randomTokens(random, vocabulary, 40);
            double uniform = random.nextDouble();
            float[] row = RandomRows.gaussian(random, vocabulary, 4);
            int token = sampler.sample(row, params, prompt, answer, uniform);
            check(NaiveSampler.edited(row, params, prompt, answer), params, uniform, token, i);
        }
        assertThat(atBorder).as("choices at a border").isLessThan(40);
    }

    private void check(float[] row, SamplingParams params, double uniform, int token, int i) {
        if (token != NaiveSampler.sample(row, params, uniform)) {
            atBorder++;
            assertThat(mayBe(row, params, uniform, token))
                    .as(
                            "row %d of %d: %d instead of %d with uniform %s, %s",
                            i,
                            row.length,
                            token,
                            NaiveSampler.sample(row, params, uniform),
                            uniform,
                            NaiveSampler.describe(params))
                    .isTrue();
        }
    }

    private static boolean mayBe(float[] row, SamplingParams params, double uniform, int token) {
        for (int corner = 0; corner < 27; corner++) {
            var near = new SamplingParams();
            near.copyFrom(params);
            if (params.topP < 1) {
                near.topP += (float) TOLERANCE * (corner / 3 % 3 - 1);
            }
            near.minP *= 1 + (float) TOLERANCE * (corner / 9 - 1);
            double moved =
                    Math.clamp(uniform + TOLERANCE * (corner % 3 - 1), 0, Math.nextDown(1.0));
            if (NaiveSampler.sample(row, near, moved) == token) {
                return true;
            }
        }
        return false;
    }
}
