package dev.millrace.gpustage.sampling;

/**
 * Logits as integers of the same order: the integer maximum is one vector instruction, where the
 * floating-point one takes care of NaN and of the sign of zero.
 *
 * <p>Both zeros share a key. NaN of either sign has a key above that of positive infinity, so that
 * the maximum of a row also says whether the row holds any.
 */
final class LogitKey {
    static final int NEGATIVE_INFINITY = Integer.MIN_VALUE;

    /** Keys from here up are no finite logit: positive infinity, then NaN. */
    static final int POSITIVE_INFINITY = 0x7F00_0000;

    private static final int MAGNITUDE = 0x7FFF_FFFF;

    /**
     * Moves the key of negative infinity to the smallest integer. NaN with a sign bit lies below it
     * and wraps around to the top.
     */
    private static final int SHIFT = 0x0080_0000;

    private LogitKey() {}

    /** The key of the logit with these {@link Float#floatToRawIntBits raw bits}. */
    static int ofBits(int bits) {
        int sign = bits >> 31;
        return ((bits & MAGNITUDE) ^ sign) - sign - SHIFT;
    }

    static int of(float logit) {
        return ofBits(Float.floatToRawIntBits(logit));
    }

    /** The logit that has {@code key}, NaN for any NaN. */
    static float logit(int key) {
        if (key > POSITIVE_INFINITY) {
            return Float.NaN;
        }
        int ordered = key + SHIFT;
        int sign = ordered >> 31;
        return Float.intBitsToFloat(((ordered ^ sign) - sign) | (sign & ~MAGNITUDE));
    }
}
