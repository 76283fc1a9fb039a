package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LogProbsTest {
    private final LogProbs logProbs = new LogProbs();

    @Test
    void shouldAgreeWithASortInDoubles() {
        for (int vocabulary : new int[] {1, 2, 13, 97, 128, 1000, 5000}) {
            Random random = new Random(vocabulary);
            RowSampler sampler = new RowSampler(vocabulary);
            for (int i = 0; i < 300; i++) {
                float[] row = RandomRows.any(random, vocabulary);
                int token = random.nextInt(vocabulary);
                int top = random.nextInt(LogProbs.MOST + 1);
                sampler.logProbs(row, token, top, logProbs);
                check(row, token, top);
            }
        }
    }

    private void check(float[] row, int token, int top) {
        Comparator<Integer> best = Comparator.comparingDouble(id -> -row[id] + 0.0);
        List<Integer> ranked =
                IntStream.range(0, row.length)
                        .boxed()
                        .sorted(best.thenComparingInt(id -> id))
                        .toList();
        double most = row[ranked.getFirst()];
        double sum = 0;
        for (float logit : row) {
            sum += StrictMath.exp(logit - most);
        }
        double logSum = most + StrictMath.log(sum);
        close(logProbs.chosen(), row[token] - logSum);
        assertThat(logProbs.rank()).isEqualTo(1 + ranked.indexOf(token));
        assertThat(logProbs.count()).isEqualTo(Math.min(top, row.length));
        for (int i = 0; i < logProbs.count(); i++) {
            assertThat(logProbs.id(i)).as(logProbs.toString()).isEqualTo(ranked.get(i));
            close(logProbs.value(i), row[ranked.get(i)] - logSum);
        }
    }

    /** To 10^-5, or to the float next to the value. */
    private static void close(float actual, double expected) {
        if (Double.isInfinite(expected)) {
            assertThat((double) actual).isEqualTo(expected);
        } else {
            Offset<Double> error = within(Math.max(1e-5, 2 * Math.ulp((float) expected)));
            assertThat((double) actual).isCloseTo(expected, error);
        }
    }

    @Test
    void shouldGiveEqualLogitsByAscendingId() {
        float[] row = new float[300];
        Arrays.fill(row, -0.0f);
        row[200] = 0.0f;
        row[250] = 1;
        var sampler = new RowSampler(row.length);
        sampler.logProbs(row, 200, 3, logProbs);
        assertThat(logProbs.rank()).isEqualTo(202);
        assertThat(List.of(logProbs.id(0), logProbs.id(1), logProbs.id(2)))
                .containsExactly(250, 0, 1);
    }

    @Test
    void shouldRankAMaskedTokenBehindTheOthers() {
        float[] row = {1, Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY};
        new RowSampler(row.length).logProbs(row, 3, 4, logProbs);
        assertThat(logProbs.chosen()).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(logProbs.rank()).isEqualTo(4);
        assertThat(logProbs.id(1)).isEqualTo(2);
        assertThat(logProbs.id(2)).isEqualTo(1);
        assertThat(logProbs.value(2)).isEqualTo(Float.NEGATIVE_INFINITY);
    }
}
