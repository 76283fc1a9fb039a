package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private static final class Numbered extends Generation {
        final int number;

        Numbered(int number, int promptTokens, int maxNewTokens) {
            super(new int[promptTokens], maxNewTokens);
            this.number = number;
        }
    }

    @Test
    void shouldShareTheBudgetBetweenSingleTokensAndPromptChunks() {
        Scheduler<Numbered> scheduler = new Scheduler<>(3, 8);
        Numbered decoding = new Numbered(0, 5, 10);
        scheduler.submit(decoding);
        run(scheduler.plan());
        scheduler.submit(new Numbered(1, 5, 10));
        scheduler.submit(new Numbered(2, 5, 10));
        assertThat(counts(scheduler.plan())).containsExactly(1, 5, 2);
    }

    @Test
    void shouldLetThePromptsWaitForTheirTurnWhenTheBudgetIsSpent() {
        Scheduler<Numbered> scheduler = new Scheduler<>(2, 2);
        scheduler.submit(new Numbered(0, 5, 10));
        scheduler.submit(new Numbered(1, 5, 10));
        assertThat(counts(scheduler.plan())).containsExactly(2);
    }

    @Test
    void shouldRefuseABudgetBelowATokenASlot() {
        assertThatThrownBy(() -> new Scheduler<Numbered>(4, 3))
                .hasMessageContaining("3")
                .hasMessageContaining("4");
    }

    /** What must hold whatever arrives and leaves in whatever order. */
    @Test
    void shouldKeepItsPromisesForAnyTraffic() {
        for (int seed = 0; seed < 300; seed++) {
            new Traffic(seed).run();
        }
    }

    private static final class Traffic {
        final Random random;
        final int slots;
        final int stepTokens;
        final Scheduler<Numbered> scheduler;
        final List<Numbered> alive = new ArrayList<>();
        final List<Integer> started = new ArrayList<>();
        int submitted;

        Traffic(int seed) {
            random = new Random(seed);
            slots = 1 + random.nextInt(5);
            stepTokens = slots + random.nextInt(12);
            scheduler = new Scheduler<>(slots, stepTokens);
        }

        void run() {
            for (int step = 0; step < 200 || !scheduler.isIdle(); step++) {
                assertThat(step).as("everything ends").isLessThan(20_000);
                if (submitted < 40 && random.nextInt(3) == 0) {
                    Numbered next =
                            new Numbered(
                                    submitted++, 1 + random.nextInt(30), 1 + random.nextInt(10));
                    alive.add(next);
                    scheduler.submit(next);
                }
                if (!alive.isEmpty() && random.nextInt(20) == 0) {
                    end(alive.get(random.nextInt(alive.size())));
                }
                check(scheduler.plan());
            }
            assertThat(alive).isEmpty();
            assertThat(started)
                    .as("slots are given in order of arrival")
                    .isSortedAccordingTo(Comparator.naturalOrder());
        }

        void check(StepPlan<Numbered> plan) {
            assertThat(plan.tokenCount()).isLessThanOrEqualTo(stepTokens);
            assertThat(plan.size() == 0).isEqualTo(scheduler.isIdle());
            assertThat(scheduler.runningCount()).isLessThanOrEqualTo(slots);
            assertThat(scheduler.waitingCount() == 0 || scheduler.runningCount() == slots).isTrue();
            Map<Integer, Integer> slotOf = new HashMap<>();
            Set<Numbered> planned = new HashSet<>();
            for (int i = 0; i < plan.size(); i++) {
                Numbered generation = plan.generation(i);
                assertThat(slotOf.put(generation.slot(), i))
                        .as("a slot has one generation")
                        .isNull();
                assertThat(generation.slot()).isBetween(0, slots - 1);
                assertThat(plan.count(i)).isBetween(1, generation.pendingTokens());
                planned.add(generation);
                if (generation.computedTokens() == 0) {
                    started.add(generation.number);
                }
            }
            alive.stream()
                    .filter(generation ->
                            generation.slot() != Generation.NO_SLOT && generation.isDecoding())
                    .forEach(generation ->
                            assertThat(planned).as("no answer is starved").contains(generation));
            SchedulerTest.run(plan);
            List.copyOf(alive).stream().filter(Generation::isFull).forEach(this::end);
        }

        void end(Numbered generation) {
            alive.remove(generation);
            scheduler.remove(generation);
        }
    }

    private static void run(StepPlan<Numbered> plan) {
        for (int i = 0; i < plan.size(); i++) {
            boolean completes = plan.completes(i);
            plan.generation(i).computed(plan.count(i));
            if (completes) {
                plan.generation(i).append(7);
            }
        }
    }

    private static List<Integer> counts(StepPlan<Numbered> plan) {
        List<Integer> counts = new ArrayList<>();
        for (int i = 0; i < plan.size(); i++) {
            counts.add(plan.count(i));
        }
        return counts;
    }
}
