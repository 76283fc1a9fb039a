package dev.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EditDistanceTest {
    @Test
    void shouldAgreeWithTheDefinition() {
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            int[] one = random.ints(random.nextInt(8), 0, 3).toArray();
            int[] other = random.ints(random.nextInt(8), 0, 3).toArray();

            assertThat(EditDistance.of(one, other))
                    .as("%s and %s", Arrays.toString(one), Arrays.toString(other))
                    .isEqualTo(byDefinition(one, one.length, other, other.length));
        }
    }

    @Test
    void shouldCountWhatIsPastTheTableAsReplaced() {
        int[] zeros = new int[EditDistance.MOST + 1000];
        int[] ones = new int[EditDistance.MOST + 300];
        Arrays.fill(ones, 1);

        assertThat(EditDistance.of(zeros, ones)).isEqualTo(zeros.length);
        assertThat(EditDistance.of(zeros, new int[zeros.length])).isZero();
        assertThat(EditDistance.of(zeros, new int[3])).isGreaterThanOrEqualTo(zeros.length - 3);
    }

    /** Of the first {@code n} of one and the first {@code m} of the other. */
    private static int byDefinition(int[] one, int n, int[] other, int m) {
        if (n == 0 || m == 0) {
            return Math.max(n, m);
        }
        int replaced =
                byDefinition(one, n - 1, other, m - 1) + (one[n - 1] == other[m - 1] ? 0 : 1);
        int deleted = byDefinition(one, n - 1, other, m) + 1;
        int inserted = byDefinition(one, n, other, m - 1) + 1;
        return Math.min(replaced, Math.min(deleted, inserted));
    }
}
