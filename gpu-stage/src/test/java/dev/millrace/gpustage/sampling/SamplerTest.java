package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
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

    /** Against a sampler written the slow way: sort, softmax, cut, walk. */
    @Test
    void shouldAgreeWithASortingReference() {
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            float[] row = random(i);
            float temperature = 0.1f + 2 * random.nextFloat();
            int topK = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(VOCABULARY + 10);
            float topP = random.nextInt(3) == 0 ? 1 : 0.01f + 0.98f * random.nextFloat();
            double uniform = random.nextDouble();
            int expected = reference(row, temperature, topK, topP, uniform);
            assertThat(sample(row, temperature, topK, topP, uniform))
                    .as("row %d temperature %s top_k %d top_p %s", i, temperature, topK, topP)
                    .isEqualTo(expected);
        }
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

    private int sample(float[] row, float temperature, int topK, float topP, double uniform) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rows = arena.allocate(4L * VOCABULARY * 2);
            MemorySegment.copy(row, 0, rows, ValueLayout.JAVA_FLOAT, 4L * VOCABULARY, row.length);
            return sampler.sample(rows, 4L * VOCABULARY, temperature, topK, topP, uniform);
        }
    }

    private static int reference(
            float[] row, float temperature, int topK, float topP, double uniform) {
        boolean inIdOrder = topK == 0 && topP >= 1;
        Integer[] ids = IntStream.range(0, row.length).boxed().toArray(Integer[]::new);
        if (!inIdOrder) {
            Arrays.sort(
                    ids,
                    Comparator.<Integer>comparingDouble(id -> -row[id]).thenComparingInt(id -> id));
        }
        int kept = topK == 0 ? ids.length : Math.min(topK, ids.length);
        float most =
                row[
                        Arrays.stream(ids)
                                .max(Comparator.comparingDouble(id -> row[id]))
                                .orElseThrow()];
        double[] weights = new double[kept];
        for (int i = 0; i < kept; i++) {
            weights[i] = StrictMath.exp((row[ids[i]] - (double) most) / temperature);
        }
        double total = Arrays.stream(weights).sum();
        double sum = 0;
        for (int i = 0; i < kept && topP < 1; i++) {
            sum += weights[i];
            if (sum >= topP * total) {
                kept = i + 1;
            }
        }
        double target = uniform * Arrays.stream(weights, 0, kept).sum();
        for (int i = 0; i < kept; i++) {
            target -= weights[i];
            if (target < 0) {
                return ids[i];
            }
        }
        return ids[kept - 1];
    }
}
