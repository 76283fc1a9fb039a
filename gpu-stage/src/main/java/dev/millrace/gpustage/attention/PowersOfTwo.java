package dev.millrace.gpustage.attention;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Powers of 2 of numbers up to 0, right to 2 units in the last place.
 *
 * <p>Not the vector library's, whose last bits depend on who computes it.
 */
final class PowersOfTwo {
    /** Behind 1.5 times 2^23 a float has no room for a fraction: it is rounded to the nearest. */
    private static final float ROUNDING = 0x1.8p23f;

    /** Powers of less are 0: their exponents are not those of normal numbers. */
    private static final float LEAST = -126;

    private static final int MANTISSA_BITS = 23;
    private static final int BITS_OF_ONE = 0x3f80_0000;

    // 2^x is e^(x ln 2), and so the sum of these times x^n: ln(2)^n / n!. From -1/2 to 1/2 what is
    // left out is below 2^-27.
    private static final float TERM_1 = (float) 0.6931471805599453;
    private static final float TERM_2 = (float) 0.24022650695910072;
    private static final float TERM_3 = (float) 0.055504108664821576;
    private static final float TERM_4 = (float) 0.009618129107628477;
    private static final float TERM_5 = (float) 0.0013333558146428441;
    private static final float TERM_6 = (float) 1.5403530393381606e-4;
    private static final float TERM_7 = (float) 1.525273380405984e-5;

    private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

    private PowersOfTwo() {}

    /**
     * Puts powers in the place of the first {@code count} numbers, and of those up to a whole
     * number of vectors; a NaN stays one.
     */
    static void replace(float[] numbers, int count) {
        for (int i = 0; i < count; i += LANES.length()) {
            FloatVector x = FloatVector.fromArray(LANES, numbers, i);
            FloatVector shifted = x.add(ROUNDING);
            // Exact.
            FloatVector rest = x.sub(shifted.sub(ROUNDING));
            FloatVector power = FloatVector.broadcast(LANES, TERM_7);
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_6));
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_5));
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_4));
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_3));
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_2));
            power = power.fma(rest, FloatVector.broadcast(LANES, TERM_1));
            power = power.fma(rest, FloatVector.broadcast(LANES, 1));
            IntVector exponent =
                    shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, MANTISSA_BITS);
            power.mul(exponent.add(BITS_OF_ONE).reinterpretAsFloats())
                    .blend(0, x.compare(VectorOperators.LT, LEAST))
                    .intoArray(numbers, i);
        }
    }
}
