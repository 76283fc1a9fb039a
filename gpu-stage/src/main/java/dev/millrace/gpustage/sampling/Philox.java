package dev.millrace.gpustage.sampling;

/**
 * Philox4x32-10, a counter-based generator: Salmon, Moraes, Dror and Shaw, "Parallel Random
 * Numbers: As Easy as 1, 2, 3" (SC 2011).
 *
 * <p>Stateless, so a draw depends on its coordinates alone and never on who drew before.
 */
public final class Philox {
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final int ROUNDS = 10;

    private Philox() {}

    /**
     * A double in [0, 1), uniform over 2^53 values, for the token at {@code position} of a
     * generation.
     */
    public static double uniform(long seed, int generationIndex, int position) {
        long words = block((int) seed, (int) (seed >>> 32), position, generationIndex, 0, 0);
        return (words >>> 11) * 0x1.0p-53;
    }

    /** The first two 32-bit words of a block, the first one below. */
    static long block(int key0, int key1, int counter0, int counter1, int counter2, int counter3) {
        return run(key0, key1, counter0, counter1, counter2, counter3, 0);
    }

    /** The last two 32-bit words of a block, the third one below. */
    static long upperBlock(
            int key0, int key1, int counter0, int counter1, int counter2, int counter3) {
        return run(key0, key1, counter0, counter1, counter2, counter3, 2);
    }

    private static long run(int key0, int key1, int c0, int c1, int c2, int c3, int firstWord) {
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (c0 & 0xFFFFFFFFL);
            long product1 = MULTIPLIER_1 * (c2 & 0xFFFFFFFFL);
            int next0 = (int) (product1 >>> 32) ^ c1 ^ key0;
            int next2 = (int) (product0 >>> 32) ^ c3 ^ key1;
            c1 = (int) product1;
            c3 = (int) product0;
            c0 = next0;
            c2 = next2;
            key0 += WEYL_0;
            key1 += WEYL_1;
        }
        int low = firstWord == 0 ? c0 : c2;
        int high = firstWord == 0 ? c1 : c3;
        return (low & 0xFFFFFFFFL) | ((long) high << 32);
    }
}
