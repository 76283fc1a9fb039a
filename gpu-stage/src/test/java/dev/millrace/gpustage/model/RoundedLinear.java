package dev.millrace.gpustage.model;

/** Rows as multiples of their largest magnitude / 127, as {@code int8.ts.py} describes them. */
final class RoundedLinear {
    /**
     * Where a value lies within 1e-6 of the middle between two integers, doubles and floats round
     * it apart: a few in a run. One before the head shifts a logit by up to a scale times a weight,
     * 5 / 127 * 3 = 0.12 in oracles of this size; earlier ones are diluted by what is added later.
     */
    static final double TOLERANCE = 0.12;

    private RoundedLinear() {}

    /** The product of two rows, both rounded before or neither. */
    static double dot(double[] a, double[] b, boolean rounded) {
        double[] left = rounded ? of(a) : a;
        double[] right = rounded ? of(b) : b;
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }

    private static double[] of(double[] row) {
        double largest = 0;
        for (double value : row) {
            largest = Math.max(largest, Math.abs(value));
        }
        double scale = Math.max(largest / 127, 1e-30);
        double[] rounded = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            rounded[i] = Math.rint(row[i] / scale) * scale;
        }
        return rounded;
    }
}
