package dev.millrace.gpustage.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Decides what each step computes: generations wait in order of arrival for one of a fixed number
 * of slots, and share a token budget per step.
 *
 * <p>Runs on the lane's thread. There is no phase for prompts: every running generation past its
 * prompt gets its one token, and what is left of the budget goes to prompts, oldest first, in
 * chunks. Nothing here depends on time, so the same arrivals give the same steps. The scheme is
 * vLLM's (Kwon et al. 2023, arXiv:2309.06180) with chunked prompts (Agrawal et al. 2023,
 * arXiv:2308.16369).
 */
public final class Scheduler<G extends Generation> {
    private final int stepTokens;
    private final ArrayDeque<G> waiting = new ArrayDeque<>();
    private final List<G> running = new ArrayList<>();
    private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
    private final StepPlan<G> plan;

    /**
     * @param slots generations that run at once
     * @param stepTokens token budget of a step; at least {@code slots}, so that every running
     *     generation gets its token
     */
    public Scheduler(int slots, int stepTokens) {
        if (slots < 1 || stepTokens < slots) {
            throw new IllegalArgumentException(
                    "a step of "
                            + stepTokens
                            + " tokens for "
                            + slots
                            + " slots; at least one token a slot is expected");
        }
        this.stepTokens = stepTokens;
        this.plan = new StepPlan<>(slots);
        for (int slot = 0; slot < slots; slot++) {
            freeSlots.add(slot);
        }
    }

    /** A generation joins the queue. */
    public void submit(G generation) {
        waiting.add(generation);
    }

    /** Generations that wait for a slot. */
    public int waitingCount() {
        return waiting.size();
    }

    /** Generations that have a slot. */
    public int runningCount() {
        return running.size();
    }

    /** Whether nothing waits or runs. */
    public boolean isIdle() {
        return waiting.isEmpty() && running.isEmpty();
    }

    /**
     * Fills free slots from the queue and spends the budget; the plan is empty only when nothing
     * waits or runs.
     */
    public StepPlan<G> plan() {
        while (!waiting.isEmpty() && !freeSlots.isEmpty()) {
            G next = waiting.remove();
            next.slot(freeSlots.remove());
            running.add(next);
        }
        plan.clear();
        int promptBudget = stepTokens;
        for (G generation : running) {
            if (generation.isDecoding()) {
                promptBudget--;
            }
        }
        for (G generation : running) {
            if (generation.isDecoding()) {
                plan.add(generation, 1);
            } else if (promptBudget > 0) {
                int chunk = Math.min(promptBudget, generation.pendingTokens());
                promptBudget -= chunk;
                plan.add(generation, chunk);
            }
        }
        return plan;
    }

    /** Takes a generation out, wherever it is, and frees its slot. */
    public void remove(G generation) {
        if (running.remove(generation)) {
            freeSlots.add(generation.slot());
            generation.slot(Generation.NO_SLOT);
        } else {
            waiting.remove(generation);
        }
    }

    /** Adds every generation that runs or waits and matches to {@code into}. */
    public void collect(Predicate<? super G> matches, List<? super G> into) {
        for (G generation : running) {
            if (matches.test(generation)) {
                into.add(generation);
            }
        }
        for (G generation : waiting) {
            if (matches.test(generation)) {
                into.add(generation);
            }
        }
    }
}
