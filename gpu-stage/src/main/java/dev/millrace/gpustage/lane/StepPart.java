package dev.millrace.gpustage.lane;

import dev.millrace.gpustage.model.StepBatch;
import dev.millrace.gpustage.model.StepLogits;
import dev.millrace.gpustage.model.StepModel;
import dev.millrace.gpustage.schedule.StepPlan;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring entries of a step that one native call computes.
 *
 * <p>Filled, read and closed by the lane's thread; computed by it or by a partner, which both go
 * through {@link StepParts} to get at it.
 */
final class StepPart {
    final StepBatch batch;
    private final AtomicBoolean open = new AtomicBoolean();
    int from;
    int to;

    /** What the model threw. */
    @Nullable Throwable failure;

    private @Nullable StepLogits logits;

    StepPart(StepBatch batch) {
        this.batch = batch;
    }

    /** Takes the entries from {@code first} to before {@code end}. */
    void fill(StepPlan<Run> plan, int first, int end) {
        from = first;
        to = end;
        failure = null;
        batch.clear();
        for (int i = from; i < to; i++) {
            add(plan, i);
        }
    }

    private void add(StepPlan<Run> plan, int entry) {
        Run run = plan.generation(entry);
        int start = run.computedTokens();
        int count = plan.count(entry);
        batch.beginEntry(start, count);
        for (int block = batch.firstBlock(); block <= batch.lastBlock(); block++) {
            batch.addBlock(run.block(block));
        }
        int firstSampled = count - sampledRows(plan, entry);
        for (int i = 0; i < count; i++) {
            boolean wanted = i >= firstSampled || PromptScores.wants(run, start + i);
            batch.addToken(run.token(start + i), wanted);
        }
    }

    /** Rows of an entry that are sampled from: that of its last known token and of each draft. */
    static int sampledRows(StepPlan<Run> plan, int entry) {
        Run run = plan.generation(entry);
        if (!plan.completes(entry) || run.request.sampling.maxTokens == 0) {
            return 0;
        }
        return 1 + run.draftCount();
    }

    /** The part is filled, and whoever takes it may compute it. */
    void open() {
        open.set(true);
    }

    /** Any thread: whether the part is the caller's to compute. */
    boolean take() {
        return open.get() && open.compareAndSet(true, false);
    }

    /** Never throws: {@link #failure} says what went wrong. */
    void compute(StepModel model) {
        try {
            logits = model.step(batch);
        } catch (Throwable e) {
            failure = e;
        }
    }

    /** What the entries gave, where nothing failed. */
    StepLogits logits() {
        return Objects.requireNonNull(logits);
    }

    void release() {
        if (logits != null) {
            logits.close();
            logits = null;
        }
    }
}
