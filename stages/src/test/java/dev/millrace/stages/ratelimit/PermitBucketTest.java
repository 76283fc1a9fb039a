package dev.millrace.stages.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermitBucketTest {
    private static final long MINUTE_NANOS = 60_000_000_000L;

    private static PermitBucket bucket(long perMinute, long nowNanos) {
        PermitBucket bucket = new PermitBucket(perMinute);
        bucket.fill(nowNanos);
        return bucket;
    }

    @Test
    void shouldBeginFullAndRefillEvenly() {
        PermitBucket bucket = bucket(60, 1000);
        assertThat(bucket.available()).isEqualTo(60);
        bucket.take(60);

        bucket.refill(1000 + 999_999_000L);
        assertThat(bucket.available()).isZero();
        bucket.refill(1000 + 1_000_000_000L);
        assertThat(bucket.available()).isEqualTo(1);
        bucket.refill(1000 + MINUTE_NANOS / 2);
        assertThat(bucket.available()).isEqualTo(30);
    }

    @Test
    void shouldNotHoldMoreThanAMinute() {
        PermitBucket bucket = bucket(10, 0);
        bucket.take(1);
        bucket.refill(Long.MAX_VALUE);
        assertThat(bucket.available()).isEqualTo(10);
        bucket.giveBack(Long.MAX_VALUE);
        assertThat(bucket.available()).isEqualTo(10);
    }

    @Test
    void shouldIgnoreTimeThatGoesBackwards() {
        PermitBucket bucket = bucket(60, MINUTE_NANOS);
        bucket.take(60);
        bucket.refill(0);
        assertThat(bucket.available()).isZero();
        bucket.refill(MINUTE_NANOS + 1_000_000_000L);
        assertThat(bucket.available()).isEqualTo(1);
    }

    @Test
    void shouldSayHowLongToWait() {
        PermitBucket bucket = bucket(60, 0);
        assertThat(bucket.waitMillis(60)).isZero();
        bucket.take(60);
        assertThat(bucket.waitMillis(1)).isEqualTo(1000);
        assertThat(bucket.waitMillis(60)).isEqualTo(60_000);

        PermitBucket large = bucket(1_000_000_000_000L, 0);
        large.take(1_000_000_000_000L);
        assertThat(large.waitMillis(1_000_000_000_000L)).isEqualTo(60_000);
        assertThat(large.waitMillis(1)).isEqualTo(1);
    }

    /** Exact rational arithmetic: permits times a minute's microseconds, in whole microseconds. */
    @ParameterizedTest
    @ValueSource(longs = {1, 7, 59, 60, 61, 1000, 90_000, 60_000_001, 999_999_999_999L})
    void shouldCountAsAnExactModelDoes(long perMinute) {
        SplittableRandom random = new SplittableRandom(perMinute);
        PermitBucket bucket = bucket(perMinute, 0);
        BigInteger minuteMicros = BigInteger.valueOf(60_000_000);
        BigInteger full = BigInteger.valueOf(perMinute).multiply(minuteMicros);
        BigInteger level = full;
        long nowNanos = 0;
        long countedMicros = 0;
        for (int i = 0; i < 20_000; i++) {
            nowNanos += random.nextLong(random.nextInt(20) == 0 ? 2 * MINUTE_NANOS : 3_000_000);
            // A minute without a look fills the bucket and begins counting there.
            long micros = nowNanos / 1000;
            bucket.refill(nowNanos);
            level =
                    level.add(
                                    BigInteger.valueOf(micros - countedMicros)
                                            .multiply(BigInteger.valueOf(perMinute)))
                            .min(full);
            countedMicros = micros;
            assertThat(bucket.available()).isEqualTo(level.divide(minuteMicros).longValue());
            long taken = random.nextLong(bucket.available() + 1);
            bucket.take(taken);
            level = level.subtract(BigInteger.valueOf(taken).multiply(minuteMicros));
            if (random.nextInt(10) == 0) {
                long back = random.nextLong(taken + 1);
                bucket.giveBack(back);
                level = level.add(BigInteger.valueOf(back).multiply(minuteMicros)).min(full);
            }
        }
    }
}
