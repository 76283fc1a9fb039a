package dev.millrace.gpustage.model;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Drives a model greedily, several generations at once, prompts in chunks of any size. */
final class GreedyRun {
    private final StepModel model;
    private final List<Prompt> prompts = new ArrayList<>();

    GreedyRun(StepModel model) {
        this.model = model;
    }

    /** One generation: {@code chunk} is the most prompt tokens a step takes. */
    static final class Prompt {
        final int slot;
        final int[] ids;
        final int chunk;
        final int count;
        final List<Integer> generated = new ArrayList<>();
        float[] firstLogits = new float[0];
        int computed;

        Prompt(int slot, int[] ids, int chunk, int count) {
            this.slot = slot;
            this.ids = ids;
            this.chunk = chunk;
            this.count = count;
        }

        private int tokenAt(int position) {
            return position < ids.length ? ids[position] : generated.get(position - ids.length);
        }
    }

    Prompt add(int slot, int[] ids, int chunk, int count) {
        Prompt prompt = new Prompt(slot, ids, chunk, count);
        prompts.add(prompt);
        return prompt;
    }

    void run() {
        int generations = prompts.stream().mapToInt(prompt -> prompt.slot + 1).max().orElse(1);
        ScatteredPages pages = new ScatteredPages(model, generations);
        try (StepBatch batch = StepBatch.of(model, 4096, 64)) {
            List<Prompt> running = new ArrayList<>(prompts);
            while (!running.isEmpty()) {
                step(batch, pages, running);
                running.removeIf(prompt -> prompt.generated.size() == prompt.count);
            }
        }
    }

    private void step(StepBatch batch, ScatteredPages pages, List<Prompt> running) {
        batch.clear();
        for (Prompt prompt : running) {
            int known = prompt.ids.length + prompt.generated.size();
            int last = Math.min(known, prompt.computed + prompt.chunk);
            pages.beginEntry(batch, prompt.slot, prompt.computed, last - prompt.computed);
            for (int position = prompt.computed; position < last; position++) {
                batch.addToken(prompt.tokenAt(position), position == last - 1);
            }
            prompt.computed = last;
        }
        try (StepLogits step = model.step(batch)) {
            MemorySegment logits = step.rows();
            int vocabulary = model.vocabularySize();
            for (int i = 0; i < running.size(); i++) {
                Prompt prompt = running.get(i);
                if (prompt.computed >= prompt.ids.length) {
                    float[] row =
                            logits.asSlice(
                                            (long) i * vocabulary * Float.BYTES,
                                            (long) vocabulary * Float.BYTES)
                                    .toArray(ValueLayout.JAVA_FLOAT);
                    if (prompt.generated.isEmpty()) {
                        prompt.firstLogits = row;
                    }
                    prompt.generated.add(argmax(row));
                }
            }
        }
    }

    private static int argmax(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            if (row[i] > row[best]) {
                best = i;
            }
        }
        return best;
    }
}
