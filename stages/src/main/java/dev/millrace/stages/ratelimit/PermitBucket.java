package dev.millrace.stages.ratelimit;

/**
 * Permits of one caller and one kind: holds a minute's worth, begins full, refills evenly. Single
 * writer: the rate-limit thread.
 *
 * <p>Integers only, so that a replay counts the same permits. Time is counted in whole
 * microseconds: with {@code perMinute = 60,000,000·q + r}, {@code e} microseconds bring {@code e·q
 * + (e·r + carry) / 60,000,000} permits and leave the remainder of that division as the next carry.
 * Both factors of {@code e·r} are below 6·10⁷, since a minute or more fills the bucket whatever it
 * holds; nothing overflows and nothing is lost to rounding.
 */
final class PermitBucket {
    /** A permit is never further away than this: a full refill takes a minute. */
    static final int MAX_WAIT_MILLIS = 60_000;

    private static final long MINUTE_MICROS = 60_000_000L;
    private static final long MICRO_NANOS = 1_000L;

    private final long perMinute;
    private final long wholePerMicro;
    private final long partPerMinute;
    private long available;
    private long carry;
    private long refilledNanos;

    PermitBucket(long perMinute) {
        this.perMinute = perMinute;
        this.wholePerMicro = perMinute / MINUTE_MICROS;
        this.partPerMinute = perMinute % MINUTE_MICROS;
    }

    /** Full, as for a caller who has not been seen. */
    void fill(long nowNanos) {
        available = perMinute;
        carry = 0;
        refilledNanos = nowNanos;
    }

    /**
     * Adds what time has brought. Time that goes backwards (doors stamp arrivals before they claim
     * a slot) brings nothing.
     */
    void refill(long nowNanos) {
        long elapsedNanos = nowNanos - refilledNanos;
        if (elapsedNanos < MICRO_NANOS) {
            return;
        }
        long elapsedMicros = elapsedNanos / MICRO_NANOS;
        refilledNanos += elapsedMicros * MICRO_NANOS;
        if (elapsedMicros >= MINUTE_MICROS) {
            available = perMinute;
            carry = 0;
            return;
        }
        long part = elapsedMicros * partPerMinute + carry;
        carry = part % MINUTE_MICROS;
        available += elapsedMicros * wholePerMicro + part / MINUTE_MICROS;
        clip();
    }

    long available() {
        return available;
    }

    /** Takes permits that are {@link #available}. */
    void take(long permits) {
        available -= permits;
    }

    /** Gives back permits that were taken; what does not fit is lost. */
    void giveBack(long permits) {
        available = permits >= perMinute - available ? perMinute : available + permits;
        clip();
    }

    private void clip() {
        if (available >= perMinute) {
            available = perMinute;
            carry = 0;
        }
    }

    /**
     * Milliseconds, rounded up, until {@code permits} will be there; {@link #MAX_WAIT_MILLIS} at
     * most.
     */
    int waitMillis(long permits) {
        long missing = permits - available;
        if (missing <= 0) {
            return 0;
        }
        // No overflow: callers refuse what exceeds perMinute, which is below 2^40; 60,000 is below
        // 2^16.
        long millis = (missing * MAX_WAIT_MILLIS + perMinute - 1) / perMinute;
        return Math.clamp(millis, 1, MAX_WAIT_MILLIS);
    }
}
