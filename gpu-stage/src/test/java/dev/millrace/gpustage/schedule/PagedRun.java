package dev.millrace.gpustage.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * A generation with a number, whose readiness a test sets; and the steps of a model without one.
 */
class PagedRun extends PagedGeneration {
    static final Order PLAIN = new Order(0, 0, Order.NO_DEADLINE, 0, true);

    final int number;
    boolean ready = true;

    PagedRun(int number, int[] prompt, int maxNewTokens, Order order) {
        super(prompt, maxNewTokens, order);
        this.number = number;
    }

    /** A prompt that shares no token with that of another number. */
    static PagedRun distinct(int number, int promptTokens, int maxNewTokens, Order order) {
        int[] prompt = new int[promptTokens];
        for (int i = 0; i < promptTokens; i++) {
            prompt[i] = 1000 * (number + 1) + i;
        }
        return new PagedRun(number, prompt, maxNewTokens, order);
    }

    static PagedRun distinct(int number, int promptTokens, int maxNewTokens) {
        return distinct(number, promptTokens, maxNewTokens, PLAIN);
    }

    static Order priority(int priority) {
        return new Order(priority, 0, Order.NO_DEADLINE, 0, true);
    }

    static Order caller(long caller) {
        return new Order(0, caller, Order.NO_DEADLINE, 0, true);
    }

    @Override
    protected boolean ready() {
        return ready;
    }

    @Override
    public String toString() {
        return "#" + number;
    }

    /** Computes a plan as a model that accepts no draft, and ends what is full. */
    static void step(PagedScheduler<PagedRun> scheduler, PagedPlan<PagedRun> plan) {
        for (int i = 0; i < plan.size(); i++) {
            PagedRun run = plan.generation(i);
            int rejected = plan.completes(i) ? plan.count(i) - run.pendingTokens() : 0;
            if (plan.completes(i)) {
                run.append(7);
            }
            scheduler.computed(plan, i, plan.count(i) - rejected);
            if (run.isFull()) {
                scheduler.remove(run);
            }
        }
    }

    static List<Integer> step(PagedScheduler<PagedRun> scheduler) {
        PagedPlan<PagedRun> plan = scheduler.plan();
        List<Integer> numbers = numbers(plan);
        step(scheduler, plan);
        return numbers;
    }

    static List<Integer> numbers(PagedPlan<PagedRun> plan) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            numbers.add(plan.generation(i).number);
        }
        return numbers;
    }

    static List<Integer> counts(PagedPlan<PagedRun> plan) {
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            counts.add(plan.count(i));
        }
        return counts;
    }
}
