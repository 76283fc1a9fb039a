package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefixIndexTest {
    private static final int BLOCKS = 40;

    /** Digests that crowd in few places of the table, against a map. */
    @Test
    void shouldFindWhatAMapFinds() {
        Random random = new Random(1);
        PrefixIndex index = new PrefixIndex(BLOCKS);
        Map<Integer, Integer> blockOf = new HashMap<>();
        Map<Integer, Integer> digestOf = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            int block = random.nextInt(BLOCKS);
            int digest = random.nextInt(100);
            Integer held = digestOf.remove(block);
            if (held != null) {
                index.remove(block);
                blockOf.remove(held);
            } else if (!blockOf.containsKey(digest)) {
                index.add(block, digest(digest), 0);
                blockOf.put(digest, block);
                digestOf.put(block, digest);
            }
            assertThat(index.holds(block)).isEqualTo(digestOf.containsKey(block));
            int other = random.nextInt(100);
            assertThat(index.find(digest(other), 0))
                    .isEqualTo(blockOf.getOrDefault(other, Generation.NO_BLOCK));
        }
    }

    @Test
    void shouldCompareEveryPartOfADigest() {
        PrefixIndex index = new PrefixIndex(4);
        index.add(2, new long[] {1, 2, 3, 4}, 0);
        assertThat(index.find(new long[] {9, 9, 9, 9, 1, 2, 3, 4}, 1)).isEqualTo(2);
        for (int part = 0; part < PrefixHash.LONGS; part++) {
            long[] other = {1, 2, 3, 4};
            other[part] = 7;
            assertThat(index.find(other, 0)).isEqualTo(Generation.NO_BLOCK);
        }
    }

    private static long[] digest(int number) {
        return new long[] {(number % 7) * 11L, number, 0, 0};
    }
}
