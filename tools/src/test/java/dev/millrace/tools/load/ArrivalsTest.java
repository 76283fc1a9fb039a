package dev.millrace.tools.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final long SECOND = 1_000_000_000L;

    private static List<Long> gaps(Arrivals arrivals, int count) {
        List<Long> gaps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            gaps.add(arrivals.gapNanos());
        }
        return gaps;
    }

    private static long sum(List<Long> gaps) {
        return gaps.stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void shouldNotDrift() {
        List<Long> gaps = gaps(Arrivals.constant(3), 3_000_000);
        assertThat(sum(gaps)).isEqualTo(1_000_000 * SECOND);
        assertThat(gaps).allMatch(gap -> gap == 333_333_333 || gap == 333_333_334);
    }

    /** The gaps of a Poisson process are exponential: mean and deviation are the same. */
    @Test
    void shouldArriveAsIndependentCallersDo() {
        List<Long> gaps = gaps(Arrivals.poisson(100, 7), 200_000);
        double mean = sum(gaps) / 200_000.0;
        double variance =
                gaps.stream().mapToDouble(gap -> (gap - mean) * (gap - mean)).sum() / 200_000;
        assertThat(mean).isCloseTo(SECOND / 100.0, within(SECOND / 100.0 * 0.01));
        assertThat(Math.sqrt(variance)).isCloseTo(mean, within(mean * 0.01));
        long beyond = gaps.stream().filter(gap -> gap > 3 * mean).count();
        assertThat(beyond / 200_000.0).isCloseTo(Math.exp(-3), within(0.002));
    }

    @Test
    void shouldStretchARecordToTheRateAndBeginAgain() {
        assertThat(gaps(Arrivals.recorded(new long[] {10, 0, 20}, 0.1 * SECOND), 5))
                .containsExactly(10L, 0L, 20L, 10L, 0L);
        assertThat(gaps(Arrivals.recorded(new long[] {10, 0, 20}, 0.05 * SECOND), 3))
                .containsExactly(20L, 0L, 40L);
    }

    @Test
    void shouldScheduleWhatArrivesInTime() {
        ByteBuffer request = ByteBuffer.allocate(1);
        List<Long> dues = new ArrayList<>();
        Schedule.open(() -> request, Arrivals.constant(10), SendClock.SYSTEM, SECOND / 2)
                .forEach(shot -> dues.add(shot.offsetNanos()));
        assertThat(dues).containsExactly(100_000_000L, 200_000_000L, 300_000_000L, 400_000_000L);
    }
}
