package dev.millrace.gpustage.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * A generation with a number, whose readiness a test sets; and the steps of a model without one.
 */
class ScriptedRun extends Generation {
    static final Order PLAIN = new Order(0, 0, Order.NO_DEADLINE, 0, true);

    final int number;
    boolean ready = true;

    ScriptedRun(int number, int[] prompt, int maxNewTokens, Order order) {
        super(prompt, maxNewTokens, order);
        this.number = number;
    }

    /** A prompt that shares no token with that of another number. */
    static ScriptedRun distinct(int number, int promptTokens, int maxNewTokens, Order order) {
        int[] prompt = new int[promptTokens];
        for (int i = 0; i < promptTokens; i++) {
            prompt[i] = 1000 * (number + 1) + i;
        }
        return new ScriptedRun(number, prompt, maxNewTokens, order);
    }

    static ScriptedRun distinct(int number, int promptTokens, int maxNewTokens) {
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
    static void step(Scheduler<ScriptedRun> scheduler, StepPlan<ScriptedRun> plan) {
        for (int i = 0; i < plan.size(); i++) {
            ScriptedRun run = plan.generation(i);
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

    static List<Integer> step(Scheduler<ScriptedRun> scheduler) {
        StepPlan<ScriptedRun> plan = scheduler.plan();
        List<Integer> numbers = numbers(plan);
        step(scheduler, plan);
        return numbers;
    }

    static List<Integer> numbers(StepPlan<ScriptedRun> plan) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            numbers.add(plan.generation(i).number);
        }
        return numbers;
    }

    static List<Integer> counts(StepPlan<ScriptedRun> plan) {
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            counts.add(plan.count(i));
        }
        return counts;
    }
}
