package dev.millrace.gpustage.sampling;

/**
 * {@code e^x} for x of at most 0, from additions and multiplications only.
 *
 * <p>{@link Math#exp} may differ in its last bit between an interpreted and a compiled call, and a
 * replay must not; {@link StrictMath#exp} may not, and takes several times as long.
 */
final class Exponential {
    private static final double LOG2_E = 1.4426950408889634;
    // ln 2 in two parts, so that x - n ln 2 loses no bits: Cody and Waite 1980.
    private static final double LN2_HIGH = 0x1.62e42feep-1;
    private static final double LN2_LOW = 0x1.a39ef35793c76p-33;
    private static final double SMALLEST = -700;

    private static final double[] INVERSE_FACTORIALS = new double[14];

    static {
        double factorial = 1;
        for (int i = 0; i < INVERSE_FACTORIALS.length; i++) {
            factorial *= Math.max(1, i);
            INVERSE_FACTORIALS[i] = 1 / factorial;
        }
    }

    private Exponential() {}

    /** {@code e^x} to about one part in 10^15; 0 below -700. */
    static double exp(double x) {
        if (x < SMALLEST) {
            return 0;
        }
        double n = Math.rint(x * LOG2_E);
        double r = (x - n * LN2_HIGH) - n * LN2_LOW;
        double sum = INVERSE_FACTORIALS[13];
        for (int i = 12; i >= 0; i--) {
            sum = sum * r + INVERSE_FACTORIALS[i];
        }
        return sum * Double.longBitsToDouble(((long) n + 1023) << 52);
    }
}
