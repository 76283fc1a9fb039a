package dev.millrace.gpustage.schedule;

import dev.millrace.gpustage.schedule.Generation.State;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Decides what each step computes: generations wait for KV-cache blocks and share a token budget
 * per step.
 *
 * <p>Runs on the lane's thread. There is no phase for prompts: every running generation past its
 * prompt gets its one token and its drafts, and what is left of the budget goes to prompts in
 * chunks. The vocabulary and the scheme are vLLM's (Kwon et al. 2023, arXiv:2309.06180), with
 * chunked prompts (Agrawal et al. 2023, arXiv:2308.16369) and fair shares ({@link Callers}).
 *
 * <p><b>Order.</b> What runs is ordered by priority, then by age of admission. What waits is
 * ordered by priority, preempted before fresh, least service of the caller, then arrival. Nothing
 * depends on time or chance, so the same calls give the same steps.
 *
 * <p><b>Nobody starves</b> but behind more important ones. The first that waits and is ready is
 * admitted or nobody is: where its blocks cannot be had, what runs ends and gives them back. Of
 * what runs, the first in order is never preempted, and always gets tokens.
 *
 * <p><b>Preemption.</b> A generation is admitted with blocks for all its known tokens and gets more
 * as it grows. Where none is left, the last in order of those that run gives up its blocks, waits,
 * and is computed anew; so nobody loses blocks to a younger or less important one. In a step that
 * preempts nobody is admitted.
 */
public final class Scheduler<G extends Generation> {
    /**
     * How much runs and how much a step computes.
     *
     * @param maxRunning generations that run at once; at least 1
     * @param stepTokens token budget of a step; at least {@code maxRunning}, so that everything
     *     that runs gets a token
     * @param chunkTokens what prompts may cost a step that also carries answers, in tokens at the
     *     beginning of a prompt, which bounds how long answers wait for their next token; 1 to
     *     {@code stepTokens}
     * @param promptCost what a token further on costs
     */
    public record Limits(int maxRunning, int stepTokens, int chunkTokens, PromptCost promptCost) {
        /** Checks that the bounds fit one another. */
        public Limits {
            if (maxRunning < 1 || stepTokens < maxRunning) {
                throw new IllegalArgumentException(
                        "a step of "
                                + stepTokens
                                + " tokens for "
                                + maxRunning
                                + " running generations; at least one of each, and a token for"
                                + " each generation, is expected");
            }
            if (chunkTokens < 1 || chunkTokens > stepTokens) {
                throw new IllegalArgumentException(
                        "prompt chunks of "
                                + chunkTokens
                                + " tokens in steps of "
                                + stepTokens
                                + "; 1 to "
                                + stepTokens
                                + " are expected");
            }
        }
    }

    private final Limits limits;
    private final BlockPool pool;
    private final Callers callers = new Callers();
    private final WaitingQueue<G> waiting = new WaitingQueue<>();

    /** By priority, then by age of admission. */
    private final List<G> running;

    private final StepPlan<G> plan;

    /** Of the step that is being planned. */
    private PromptCost cost = PromptCost.FLAT;

    private long arrivals;
    private long preemptions;

    /** No deadline lies before this. */
    private long nextDeadline = Order.NO_DEADLINE;

    /** A scheduler to which nothing was submitted, over a pool that nobody else uses. */
    public Scheduler(Limits limits, BlockPool pool) {
        this.limits = limits;
        this.pool = pool;
        this.running = new ArrayList<>(limits.maxRunning);
        this.plan = new StepPlan<>(limits.maxRunning);
    }

    /**
     * A generation joins the queue.
     *
     * @throws IllegalArgumentException where it was submitted before, or the pool could not hold it
     *     even alone
     */
    public void submit(G generation) {
        int blocks = pool.blocksFor(generation.capacity());
        if (blocks > pool.blocks()) {
            throw new IllegalArgumentException(
                    "a generation of up to "
                            + generation.capacity()
                            + " tokens takes "
                            + blocks
                            + " blocks of "
                            + pool.blockTokens()
                            + "; the KV cache has "
                            + pool.blocks());
        }
        if (generation.state != State.NEW) {
            throw new IllegalArgumentException("a generation is submitted a second time");
        }
        generation.arrival = arrivals++;
        generation.caller = callers.join(generation.order.caller());
        generation.state = State.WAITING;
        nextDeadline = Math.min(nextDeadline, generation.order.deadlineNanos());
        waiting.add(generation);
    }

    /**
     * Admits what fits and spends the budget. The plan is empty only where nothing runs with a
     * token to compute and nothing waits that is ready.
     */
    public StepPlan<G> plan() {
        plan.clear();
        boolean preempted = growRunning();
        int left = limits.stepTokens - planDecodes();
        cost = PromptCost.FLAT;
        if (plan.size() > 0) {
            left = Math.min(left, limits.chunkTokens);
            cost = limits.promptCost;
        }
        left = planPrompts(left);
        if (!preempted) {
            admit(left);
        }
        plan.arrange();
        return plan;
    }

    /**
     * A step computed the next {@code count} tokens of entry {@code index}; its full blocks are
     * from now on found by others. Accepted drafts are appended before or after; an entry that was
     * removed since the plan is left alone.
     *
     * @param count 1 to the planned count; fewer where drafts were rejected
     */
    public void computed(StepPlan<G> of, int index, int count) {
        G generation = of.generation(index);
        if (count < 1 || count > of.count(index)) {
            throw new IllegalArgumentException(
                    count + " tokens computed of " + of.count(index) + " that were planned");
        }
        if (generation.state == State.RUNNING) {
            generation.computed(count);
            charge(generation);
        }
    }

    /** Takes a generation out, wherever it is, and frees its blocks; their content stays cached. */
    public void remove(G generation) {
        if (generation.state == State.RUNNING) {
            running.remove(generation);
        } else if (generation.state == State.WAITING) {
            waiting.remove(generation);
        } else {
            return;
        }
        generation.state = State.REMOVED;
        charge(generation);
        generation.release();
        if (generation.caller != null) {
            callers.leave(generation.caller);
        }
    }

    /**
     * Adds every generation, running or waiting, whose deadline is not after {@code nowNanos}; they
     * stay until they are removed.
     */
    public void expired(long nowNanos, List<? super G> into) {
        if (nowNanos < nextDeadline) {
            return;
        }
        nextDeadline = Order.NO_DEADLINE;
        for (G generation : running) {
            expire(generation, nowNanos, into);
        }
        for (G generation : waiting.all()) {
            expire(generation, nowNanos, into);
        }
    }

    private void expire(G generation, long nowNanos, List<? super G> into) {
        long deadline = generation.order.deadlineNanos();
        nextDeadline = Math.min(nextDeadline, deadline);
        if (deadline != Order.NO_DEADLINE && deadline <= nowNanos) {
            into.add(generation);
        }
    }

    /** Adds every generation that runs or waits and matches to {@code into}. */
    public void collect(Predicate<? super G> matches, List<? super G> into) {
        for (G generation : running) {
            if (matches.test(generation)) {
                into.add(generation);
            }
        }
        for (G generation : waiting.all()) {
            if (matches.test(generation)) {
                into.add(generation);
            }
        }
    }

    /** Generations that wait, the preempted among them. */
    public int waitingCount() {
        return waiting.size();
    }

    /** Generations that have blocks. */
    public int runningCount() {
        return running.size();
    }

    /** Generations that wait and ran before. */
    public int preemptedCount() {
        return waiting.preemptedCount();
    }

    /** Whether nothing waits or runs. */
    public boolean isIdle() {
        return running.isEmpty() && waiting.size() == 0;
    }

    /** How often a generation lost its blocks. */
    public long preemptions() {
        return preemptions;
    }

    /** Callers whose service is remembered. */
    int callerCount() {
        return callers.size();
    }

    /**
     * Gets blocks for the known tokens of all that runs, first in order first: whoever is preempted
     * for it comes later in order, so nobody that was served here is.
     */
    private boolean growRunning() {
        long before = preemptions;
        for (int i = 0; i < running.size(); i++) {
            G generation = running.get(i);
            while (generation.state == State.RUNNING && !generation.grow(generation.tokenCount())) {
                preempt(running.getLast());
            }
        }
        return preemptions > before;
    }

    private void preempt(G generation) {
        running.removeLast();
        generation.preempt();
        generation.state = State.WAITING;
        preemptions++;
        waiting.add(generation);
    }

    /** Plans a token for each answer, and drafts as far as budget and free blocks go. */
    private int planDecodes() {
        int spent = 0;
        int draftBudget = limits.stepTokens - running.size();
        for (int i = 0; i < running.size(); i++) {
            G generation = running.get(i);
            if (generation.isDecoding()) {
                keepDrafts(generation, draftBudget);
                int drafts = generation.draftCount();
                draftBudget -= drafts;
                spent += 1 + drafts;
                plan.add(generation, 1 + drafts);
            }
        }
        return spent;
    }

    /** A draft is a guess: it costs nobody a block. */
    private void keepDrafts(G generation, int budget) {
        generation.keepDrafts(budget);
        if (!generation.grow(generation.tokenCount() + generation.draftCount())) {
            int room = generation.blockCount() * pool.blockTokens();
            generation.keepDrafts(room - generation.tokenCount());
        }
    }

    private int planPrompts(int budget) {
        int left = budget;
        for (int i = 0; i < running.size() && left > 0; i++) {
            G generation = running.get(i);
            if (!generation.isDecoding() && generation.pendingTokens() > 0) {
                left -= planPrompt(generation, left);
            }
        }
        return left;
    }

    /** Plans as much of a prompt as the budget buys, and gives what it costs. */
    private int planPrompt(G generation, int budget) {
        int position = generation.computedTokens();
        int chunk = Math.min(cost.tokens(budget, position), generation.pendingTokens());
        generation.keepDrafts(0);
        plan.add(generation, chunk);
        return cost.cost(chunk, position);
    }

    private void admit(int budget) {
        int left = budget;
        if (left > 0 && running.size() < limits.maxRunning) {
            waiting.recall();
        }
        while (left > 0 && running.size() < limits.maxRunning) {
            G next = waiting.next();
            if (next == null || !next.open(pool)) {
                return;
            }
            waiting.remove(next);
            next.state = State.RUNNING;
            running.add(placeOf(next), next);
            left -= planPrompt(next, left);
        }
    }

    private int placeOf(G admitted) {
        int at = running.size();
        while (at > 0 && running.get(at - 1).order.priority() > admitted.order.priority()) {
            at--;
        }
        return at;
    }

    private static void charge(Generation generation) {
        if (generation.caller != null) {
            Callers.charge(generation, generation.caller);
        }
    }
}
