package dev.millrace.gpustage.sampling;

import java.util.Arrays;
import java.util.Random;

/** Rows of logits of many shapes, each with at least one choice. */
final class RandomRows {
    private RandomRows() {}

    static float[] gaussian(Random random, int length, double deviation) {
        float[] row = new float[length];
        for (int i = 0; i < length; i++) {
            row[i] = (float) (deviation * random.nextGaussian());
        }
        return row;
    }

    /** Flat, peaked, tied, masked, constant or far from zero. */
    static float[] any(Random random, int length) {
        float[] row = gaussian(random, length, Math.exp(3 * random.nextDouble() - 1));
        switch (random.nextInt(7)) {
            case 0 -> round(row);
            case 1 -> mask(row, random);
            case 2 -> Arrays.fill(row, row[0]);
            case 3 -> shift(row, 1e4f * (random.nextFloat() - 0.5f));
            case 4 -> row[random.nextInt(length)] = 100;
            case 5 -> row[random.nextInt(length)] = -Float.MAX_VALUE;
            default -> {}
        }
        return row;
    }

    private static void round(float[] row) {
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) Math.rint(row[i]);
        }
    }

    private static void mask(float[] row, Random random) {
        int spared = random.nextInt(row.length);
        int share = 2 + random.nextInt(20);
        for (int i = 0; i < row.length; i++) {
            if (i != spared && random.nextInt(share) > 0) {
                row[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static void shift(float[] row, float by) {
        for (int i = 0; i < row.length; i++) {
            row[i] += by;
        }
    }
}
