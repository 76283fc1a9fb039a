package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PhiloxTest {
    /** The known answers for philox4x32 with 10 rounds in Random123's kat_vectors. */
    @Test
    void shouldGiveThePublishedAnswers() {
        check(words(0, 0, 0, 0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        check(words(-1, -1, -1, -1, -1, -1), 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
        check(
                words(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344),
                0xd16cfe09,
                0x94fdcceb,
                0x5001e420,
                0x24126ea1);
    }

    @Test
    void shouldBeUniformOverPositions() {
        int[] buckets = new int[10];
        int draws = 100_000;
        for (int position = 0; position < draws; position++) {
            double uniform = Philox.uniform(7, 0, position);
            assertThat(uniform).isBetween(0.0, Math.nextDown(1.0));
            buckets[(int) (uniform * 10)]++;
        }
        for (int bucket : buckets) {
            // Five standard deviations of a binomial count.
            assertThat(bucket).isCloseTo(draws / 10, within(475));
        }
    }

    @Test
    void shouldDifferByEveryCoordinate() {
        double base = Philox.uniform(1, 2, 3);
        assertThat(Philox.uniform(1, 2, 3)).isEqualTo(base);
        assertThat(Philox.uniform(2, 2, 3)).isNotEqualTo(base);
        assertThat(Philox.uniform(1L << 32 | 1, 2, 3)).isNotEqualTo(base);
        assertThat(Philox.uniform(1, 3, 3)).isNotEqualTo(base);
        assertThat(Philox.uniform(1, 2, 4)).isNotEqualTo(base);
    }

    private static int[] words(int key0, int key1, int c0, int c1, int c2, int c3) {
        long low = Philox.block(key0, key1, c0, c1, c2, c3);
        long high = Philox.upperBlock(key0, key1, c0, c1, c2, c3);
        return new int[] {(int) low, (int) (low >>> 32), (int) high, (int) (high >>> 32)};
    }

    private static void check(int[] words, int... expected) {
        assertThat(words).containsExactly(expected);
    }
}
