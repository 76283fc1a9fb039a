package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StampsTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldDivideTheTotalWhicheverStagesSawTheRequest(long seed) {
        var random = new SplittableRandom(seed);
        var stamps = new Stamps();
        for (int round = 0; round < 100; round++) {
            long now = random.nextLong(1, 1L << 40);
            stamps.begin(now);
            long arrival = now;
            for (Stage stage : Stamps.PARTITION) {
                now += random.nextInt(1000);
                if (random.nextBoolean()) {
                    stamps.done(stage, now);
                }
            }
            long sum = 0;
            for (int i = 0; i < Stamps.PARTITION.size(); i++) {
                assertThat(stamps.durationNanos(i)).isNotNegative();
                sum += stamps.durationNanos(i);
            }
            assertThat(sum).isEqualTo(stamps.totalNanos()).isLessThanOrEqualTo(now - arrival);
        }
    }
}
