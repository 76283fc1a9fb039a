package dev.millrace.tools.replay;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Prompts that share as much as the trace says: a block's tokens are drawn from its hash alone. Any
 * thread.
 *
 * @param seed of all draws: two runs with the same one send the same prompts
 * @param vocabularySize ids are below it
 * @param blockTokens tokens of a block
 */
record TracePrompts(long seed, int vocabularySize, int blockTokens) {
    private static final long UNSHARED = 0x5DEECE66DL;

    /**
     * The prompt of a line.
     *
     * @param number of the line, for blocks that it gives no hash
     */
    int[] of(TraceLine line, long number) {
        int[] ids = new int[line.inputLength()];
        List<Long> hashes = line.hashIds();
        for (int from = 0, block = 0; from < ids.length; from += blockTokens, block++) {
            SplittableRandom random =
                    block < hashes.size()
                            ? random(seed, hashes.get(block))
                            : random(seed ^ UNSHARED, (number << 20) + block);
            int to = Math.min(ids.length, from + blockTokens);
            for (int i = from; i < to; i++) {
                ids[i] = random.nextInt(vocabularySize);
            }
        }
        return ids;
    }

    /** Seeds that differ by little give sequences that differ by everything. */
    private static SplittableRandom random(long seed, long number) {
        return new SplittableRandom(new SplittableRandom(seed + number).nextLong());
    }
}
