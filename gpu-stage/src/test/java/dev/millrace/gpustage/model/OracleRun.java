package dev.millrace.gpustage.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Texts of random lengths, computed in random chunks beside each other, against a naive forward
 * pass.
 */
final class OracleRun {
    static final int SLOTS = 5;

    private OracleRun() {}

    /** Compares every step's logits with the oracle's for the same beginning of the text. */
    static void compare(StepModel model, Function<int[], double[]> oracle) {
        compare(model, oracle, 1e-4);
    }

    /** The same, where they may differ by {@code tolerance}. */
    static void compare(StepModel model, Function<int[], double[]> oracle, double tolerance) {
        Random random = new Random(18);
        ScatteredPages pages = new ScatteredPages(model, SLOTS);
        try (StepBatch batch = StepBatch.of(model, 64, SLOTS)) {
            List<int[]> texts = new ArrayList<>();
            for (int slot = 0; slot < SLOTS; slot++) {
                texts.add(random.ints(1 + random.nextInt(30), 0, model.vocabularySize()).toArray());
            }
            int[] computed = new int[SLOTS];
            int finished = 0;
            while (finished < SLOTS) {
                batch.clear();
                List<Integer> slots = new ArrayList<>();
                for (int slot = 0; slot < SLOTS; slot++) {
                    int left = texts.get(slot).length - computed[slot];
                    if (left > 0 && random.nextInt(3) > 0) {
                        int count = 1 + random.nextInt(Math.min(left, 12));
                        pages.beginEntry(batch, slot, computed[slot], count);
                        for (int i = 0; i < count; i++) {
                            batch.addToken(texts.get(slot)[computed[slot]++], i == count - 1);
                        }
                        slots.add(slot);
                        finished += count == left ? 1 : 0;
                    }
                }
                if (!slots.isEmpty()) {
                    check(model, oracle, tolerance, batch, slots, texts, computed);
                }
            }
        }
    }

    private static void check(
            StepModel model,
            Function<int[], double[]> oracle,
            double tolerance,
            StepBatch batch,
            List<Integer> slots,
            List<int[]> texts,
            int[] computed) {
        try (StepLogits step = model.step(batch)) {
            MemorySegment logits = step.rows();
            for (int entry = 0; entry < slots.size(); entry++) {
                int slot = slots.get(entry);
                double[] expected = oracle.apply(Arrays.copyOf(texts.get(slot), computed[slot]));
                for (int id = 0; id < expected.length; id++) {
                    float logit =
                            logits.getAtIndex(
                                    ValueLayout.JAVA_FLOAT, (long) entry * expected.length + id);
                    assertThat((double) logit).isCloseTo(expected[id], within(tolerance));
                }
            }
        }
    }
}
