package dev.millrace.gpustage.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ringbuffer.SamplingParams;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TokenMaskTest {
    private static final int VOCABULARY = 1000;

    private final RowSampler sampler = new RowSampler(VOCABULARY);
    private final SamplingParams greedy = new SamplingParams();
    private final SamplingParams plain = new SamplingParams();

    TokenMaskTest() {
        greedy.reset();
        greedy.temperature = 0;
        plain.reset();
    }

    @Test
    void shouldChooseAsIfTheOtherTokensWereMaskedByTheModel() {
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            SamplingParams params = NaiveSampler.randomChoice(random, VOCABULARY);
            float[] row = RandomRows.gaussian(random, VOCABULARY, 3);
            BitSet allowed = randomSet(random);
            int[] banned = random.ints(5, 0, VOCABULARY).toArray();
            float[] masked = row.clone();
            for (int id = 0; id < VOCABULARY; id++) {
                boolean ban = Arrays.stream(banned).anyMatch(Integer.valueOf(id)::equals);
                if (ban || !allowed.get(id)) {
                    masked[id] = Float.NEGATIVE_INFINITY;
                }
            }
            double uniform = random.nextDouble();
            int token = sampler.sample(row, params, allowed.toLongArray(), banned, uniform);
            int expected = sampler.sample(masked, params, uniform);
            assertThat(token)
                    .isEqualTo(expected == Sampler.INVALID_LOGITS ? Sampler.NO_CHOICE : expected);
        }
    }

    /** Whole words of either kind, single tokens, and single gaps. */
    private static BitSet randomSet(Random random) {
        BitSet set = new BitSet();
        for (int word = 0; word < VOCABULARY / 64 + 2; word++) {
            boolean most = random.nextBoolean();
            set.set(word * 64, word * 64 + 64, most);
            for (int i = random.nextInt(4); i > 0; i--) {
                set.set(word * 64 + random.nextInt(64), !most);
            }
        }
        return set;
    }

    @Test
    void shouldNotAllowWhatLiesBehindTheMask() {
        float[] row = new float[VOCABULARY];
        row[64] = 5;
        row[999] = 9;
        assertThat(sampler.sample(row, greedy, new long[] {-1, 1}, null, 0)).isEqualTo(64);
        assertThat(sampler.sample(row, greedy, new long[] {1 << 7}, null, 0)).isEqualTo(7);
    }

    @Test
    void shouldBanTheGivenIdsOnly() {
        float[] row = new float[VOCABULARY];
        row[2] = 9;
        row[3] = 8;
        row[4] = 7;
        assertThat(sampler.sample(row, greedy, null, new int[] {2, 3}, 0)).isEqualTo(4);
        assertThat(sampler.sample(row, greedy, null, new int[] {}, 0)).isEqualTo(2);
        assertThat(sampler.sample(row, greedy, null, new int[] {-1, VOCABULARY}, 0)).isEqualTo(2);
    }

    @Test
    void shouldMaskWhatABiasRaises() {
        greedy.biasedIds = new int[] {7};
        greedy.biases = new float[] {100};
        assertThat(sampler.sample(new float[VOCABULARY], greedy, null, new int[] {7}, 0)).isZero();
    }

    @Test
    void shouldTellNoChoiceFromInvalidLogits() {
        float[] row = RandomRows.gaussian(new Random(2), VOCABULARY, 1);
        row[70] = Float.NEGATIVE_INFINITY;
        long[] only70 = {0, 1 << 6};
        long[] only71 = {0, 1 << 7};
        for (SamplingParams params : new SamplingParams[] {greedy, plain}) {
            assertThat(sampler.sample(row, params, new long[0], null, 0))
                    .isEqualTo(Sampler.NO_CHOICE);
            assertThat(sampler.sample(row, params, only70, null, 0)).isEqualTo(Sampler.NO_CHOICE);
            assertThat(sampler.sample(row, params, only71, new int[] {71}, 0))
                    .isEqualTo(Sampler.NO_CHOICE);
            row[71] = Float.NaN;
            assertThat(sampler.sample(row, params, only71, null, 0))
                    .isEqualTo(Sampler.INVALID_LOGITS);
            row[71] = 0;
        }
    }
}
