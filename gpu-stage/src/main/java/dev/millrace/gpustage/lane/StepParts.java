package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.StepBatch;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.schedule.PromptCost;
import dev.millrace.gpustage.schedule.StepPlan;
import dev.millrace.gpustage.schedule.StepSplit;
import dev.millrace.gpustage.torch.LibTorch;
import dev.millrace.ringbuffer.Partners;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A step in as many parts as the engine has threads, which compute them side by side over the same
 * weights and blocks.
 *
 * <p>Owned by the lane's thread. Which entry is in which part follows from the plan, not from who
 * is free, so the bits are the same whoever computes a part. No part reads what another writes: a
 * block that is written to is one generation's, and is found by others only behind the step that
 * filled it.
 */
final class StepParts implements AutoCloseable {
    private final StepModel model;
    private final StepSplit split;
    private final StepPart[] parts;
    private final AtomicInteger left = new AtomicInteger();
    private final Runnable work = this::work;
    private final BooleanSupplier done = this::done;
    private int count;

    /**
     * @param cost of a token, by which parts are made equal
     * @param threads of the engine, and so the most parts
     */
    StepParts(StepModel model, PromptCost cost, int threads, int maxTokens, int maxEntries) {
        this.model = model;
        this.split = new StepSplit(cost, threads);
        this.parts = new StepPart[threads];
        for (int i = 0; i < threads; i++) {
            parts[i] = new StepPart(StepBatch.of(model, maxTokens, maxEntries));
        }
    }

    /**
     * Computes the entries of the plan from {@code from} to before {@code to}; {@link #release}
     * comes behind it.
     *
     * @return what the model threw, if it threw; then no logits are there
     */
    @Nullable RuntimeException compute(StepPlan<Run> plan, int from, int to, Partners partners) {
        count = split.cut(plan, from, to);
        int begin = from;
        for (int i = 0; i < count; i++) {
            parts[i].fill(plan, begin, split.end(i));
            begin = split.end(i);
        }
        if (count == 1) {
            parts[0].compute(model);
        } else {
            left.set(count);
            // Last of all: somebody may still be looking for parts of the step before.
            for (int i = 0; i < count; i++) {
                parts[i].open();
            }
            partners.call(work, done);
        }
        return failure();
    }

    /** On any thread: computes every part that nobody took. */
    private void work() {
        LibTorch.enterPartnerThread();
        for (StepPart part : parts) {
            if (part.take()) {
                part.compute(model);
                left.decrementAndGet();
            }
        }
    }

    private boolean done() {
        return left.get() == 0;
    }

    private @Nullable RuntimeException failure() {
        for (int i = 0; i < count; i++) {
            Throwable failure = parts[i].failure;
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure instanceof RuntimeException thrown) {
                return thrown;
            }
        }
        return null;
    }

    int count() {
        return count;
    }

    StepPart get(int index) {
        return parts[index];
    }

    /** Frees what the parts gave. */
    void release() {
        for (int i = 0; i < count; i++) {
            parts[i].release();
        }
    }

    /** Frees the parts' own memory. */
    @Override
    public void close() {
        for (StepPart part : parts) {
            part.batch.close();
        }
    }
}
