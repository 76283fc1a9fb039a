package dev.millrace.gpustage.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PagedAttentionTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Weights are right to some 10^-6, and values are up to 1. */
    private static final double TOLERANCE = 5e-6;

    private final Random random = new Random(2309);

    @ParameterizedTest
    @CsvSource({
        "4, 4, 8, 16",
        "6, 2, 20, 16",
        "12, 4, 64, 16",
        "5, 1, 80, 16",
        "8, 2, 128, 16",
        "3, 3, 6, 4",
        "4, 2, 64, 5",
        "2, 1, 96, 64",
    })
    void shouldAgreeWithTheNaiveSum(int heads, int kvHeads, int headDim, int blockTokens) {
        try (Cache cache = new Cache(heads, kvHeads, headDim, blockTokens)) {
            for (int keys : new int[] {1, 2, 15, 16, 17, 31, 50, 100, 257}) {
                for (int window : new int[] {1000, 1, 7, 16, 33}) {
                    Text text = cache.text(keys, window);
                    float[] actual = cache.attend(text);
                    double[] expected = text.attend();
                    for (int i = 0; i < expected.length; i++) {
                        assertThat((double) actual[i])
                                .as("%d keys, window %d, element %d", keys, window, i)
                                .isCloseTo(expected[i], within(TOLERANCE));
                    }
                }
            }
        }
    }

    @Test
    void shouldGiveTheSameBitsWhicheverBlocksHoldTheKeysAndWhoeverCameBefore() {
        try (Cache cache = new Cache(6, 2, 72, 16)) {
            for (int keys : new int[] {1, 20, 200}) {
                Text text = cache.text(keys, 150);
                float[] first = cache.attend(text);
                cache.attend(cache.text(400, 1000));
                cache.place(text);
                assertThat(cache.attend(text)).containsExactly(first);
            }
        }
    }

    /** The interpreter has not compiled anything when the first of these bits are made. */
    @Test
    void shouldGiveTheSameBitsOnceItIsCompiled() {
        try (Cache cache = new Cache(4, 2, 40, 16)) {
            Text text = cache.text(77, 1000);
            float[] first = cache.attend(text);
            for (int i = 0; i < 3000; i++) {
                assertThat(cache.attend(text)).containsExactly(first);
            }
        }
    }

    @Test
    void shouldReadNothingThatTheTokenDoesNotSee() {
        try (Cache cache = new Cache(4, 2, 24, 16)) {
            for (int window : new int[] {1000, 9, 30}) {
                cache.poison();
                Text text = cache.text(45, window);
                cache.hide(text);
                double[] expected = text.attend();
                float[] actual = cache.attend(text);
                for (int i = 0; i < expected.length; i++) {
                    assertThat((double) actual[i]).isCloseTo(expected[i], within(TOLERANCE));
                }
            }
        }
    }

    @Test
    void shouldKeepANaNWhereItIsSeenAndNowhereElse() {
        try (Cache cache = new Cache(4, 2, 64, 16)) {
            Text bad = cache.text(40, 1000);
            Text good = cache.text(40, 1000);
            float[] before = cache.attend(good);
            bad.keys[13][1][5] = Float.intBitsToFloat(0xffc0_1234);
            cache.place(bad);
            int[] bits = bits(cache.attend(bad));
            // Two query heads see the key head that is broken, and nothing else but NaNs.
            int half = bits.length / 2;
            assertThat(Arrays.copyOfRange(bits, half, bits.length))
                    .containsOnly(Float.floatToRawIntBits(Float.NaN));
            assertThat(Arrays.copyOf(bits, half))
                    .doesNotContain(Float.floatToRawIntBits(Float.NaN));
            cache.place(good);
            assertThat(cache.attend(good)).containsExactly(before);
        }
    }

    @Test
    void shouldWeighByTheLargestWhateverItsSize() {
        try (Cache cache = new Cache(1, 1, 16, 16)) {
            Text text = cache.text(20, 1000);
            Arrays.fill(text.query[0], 1e6f);
            Arrays.fill(text.keys[3][0], 1e6f);
            cache.place(text);
            assertThat(cache.attend(text)).containsExactly(text.values[3][0]);
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    /** A generation: the last of its positions is the token that attends. */
    private static final class Text {
        final int window;
        final int[] blocks;
        final float[][] query;
        final float[][][] keys;
        final float[][][] values;

        Text(int window, int blocks, float[][] query, float[][][] keys, float[][][] values) {
            this.window = window;
            this.blocks = new int[blocks];
            this.query = query;
            this.keys = keys;
            this.values = values;
        }

        int last() {
            return keys.length - 1;
        }

        int first() {
            return Math.max(0, keys.length - window);
        }

        double[] attend() {
            int heads = query.length;
            int dim = query[0].length;
            double[] out = new double[heads * dim];
            for (int head = 0; head < heads; head++) {
                int kv = head / (heads / keys[0].length);
                double sum = 0;
                for (int position = first(); position <= last(); position++) {
                    double dot = 0;
                    for (int d = 0; d < dim; d++) {
                        dot += (double) query[head][d] * keys[position][kv][d];
                    }
                    double weight = Math.exp(dot / Math.sqrt(dim));
                    sum += weight;
                    for (int d = 0; d < dim; d++) {
                        out[head * dim + d] += weight * values[position][kv][d];
                    }
                }
                for (int d = 0; d < dim; d++) {
                    out[head * dim + d] /= sum;
                }
            }
            return out;
        }
    }

    /** A layer's blocks, handed out in random order. */
    private final class Cache implements AutoCloseable {
        private static final int TOKENS = 2048;

        private final Arena arena = Arena.ofConfined();
        private final int heads;
        private final int kvHeads;
        private final int headDim;
        private final int blockTokens;
        private final MemorySegment memory;
        private final PagedAttention attention;

        Cache(int heads, int kvHeads, int headDim, int blockTokens) {
            this.heads = heads;
            this.kvHeads = kvHeads;
            this.headDim = headDim;
            this.blockTokens = blockTokens;
            this.memory = floats((long) blocks() * blockTokens * 2 * kvHeads * headDim);
            this.attention = new PagedAttention(heads, kvHeads, headDim, blockTokens);
        }

        private MemorySegment floats(long count) {
            return arena.allocate(count * Float.BYTES, 64);
        }

        private int blocks() {
            return Math.ceilDiv(TOKENS, blockTokens);
        }

        /** A new text of so many positions in the cache, and what was there of others is gone. */
        Text text(int positions, int window) {
            Text text =
                    new Text(
                            window,
                            Math.ceilDiv(positions, blockTokens),
                            random(heads, 8),
                            random(positions),
                            random(positions));
            place(text);
            return text;
        }

        private float[][][] random(int positions) {
            float[][][] all = new float[positions][][];
            for (int position = 0; position < positions; position++) {
                all[position] = random(kvHeads, 1);
            }
            return all;
        }

        private float[][] random(int rows, float most) {
            float[][] all = new float[rows][headDim];
            for (float[] row : all) {
                for (int d = 0; d < headDim; d++) {
                    row[d] = most * (2 * random.nextFloat() - 1);
                }
            }
            return all;
        }

        /** Writes the text into other blocks. */
        void place(Text text) {
            List<Integer> free = new ArrayList<>();
            for (int block = 0; block < blocks(); block++) {
                free.add(block);
            }
            Collections.shuffle(free, random);
            for (int i = 0; i < text.blocks.length; i++) {
                text.blocks[i] = free.get(i);
            }
            for (int position = 0; position < text.keys.length; position++) {
                for (int head = 0; head < kvHeads; head++) {
                    write(text, position, head, text.keys[position][head]);
                    write(text, position, kvHeads + head, text.values[position][head]);
                }
            }
        }

        private void write(Text text, int position, int head, float[] row) {
            long block = text.blocks[position / blockTokens];
            long place = position % blockTokens;
            long at = (block * 2 * kvHeads + head) * blockTokens + place;
            MemorySegment.copy(row, 0, memory, FLOAT, at * headDim * Float.BYTES, headDim);
        }

        void poison() {
            for (long at = 0; at < memory.byteSize(); at += Float.BYTES) {
                memory.set(FLOAT, at, Float.NaN);
            }
        }

        /** Breaks what lies before the text's window. */
        void hide(Text text) {
            float[] broken = new float[headDim];
            Arrays.fill(broken, Float.NaN);
            for (int position = 0; position < text.first(); position++) {
                for (int head = 0; head < 2 * kvHeads; head++) {
                    write(text, position, head, broken);
                }
            }
        }

        float[] attend(Text text) {
            int row = 2;
            MemorySegment qkv = floats((row + 1L) * (heads + 2 * kvHeads) * headDim);
            MemorySegment out = floats((row + 1L) * heads * headDim);
            for (int head = 0; head < heads; head++) {
                long at = (long) row * (heads + 2 * kvHeads) + head;
                MemorySegment.copy(
                        text.query[head], 0, qkv, FLOAT, at * headDim * Float.BYTES, headDim);
            }
            int from = text.first() / blockTokens;
            attention.attend(memory, text.blocks, from, text.first(), text.last(), qkv, row, out);
            long rowBytes = (long) heads * headDim * Float.BYTES;
            return out.asSlice(row * rowBytes, rowBytes).toArray(FLOAT);
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
