package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepSplitTest {
    private static final PromptCost COST = new PromptCost(100, 4096);

    private static StepPlan<Generation> plan(int... counts) {
        var plan = new StepPlan<Generation>(counts.length);
        for (int count : counts) {
            plan.add(
                    new Generation(new int[count], 1, new Order(0, 0, Order.NO_DEADLINE, 0, true)),
                    count);
        }
        plan.arrange();
        return plan;
    }

    /** Where the parts end. */
    private static List<Integer> cut(StepPlan<Generation> plan, int parts) {
        return cut(plan, parts, 0, plan.size());
    }

    private static List<Integer> cut(StepPlan<Generation> plan, int parts, int from, int to) {
        var split = new StepSplit(COST, parts);
        List<Integer> ends = new ArrayList<>();
        int count = split.cut(plan, from, to);
        for (int i = 0; i < count; i++) {
            ends.add(split.end(i));
        }
        return ends;
    }

    @Test
    void shouldCutEqualEntriesInTheMiddle() {
        assertThat(cut(plan(1, 1, 1, 1, 1, 1), 2)).containsExactly(3, 6);
        assertThat(cut(plan(1, 1, 1, 1, 1, 1), 3)).containsExactly(2, 4, 6);
        assertThat(cut(plan(1, 1), 2)).containsExactly(1, 2);
    }

    @Test
    void shouldKeepOnePartWhole() {
        assertThat(cut(plan(1, 1, 7), 1)).containsExactly(3);
        assertThat(cut(plan(64), 4)).containsExactly(1);
    }

    @Test
    void shouldSetAgainstEachOtherWhatCostsAsMuch() {
        assertThat(cut(plan(1, 1, 1, 1, 48), 2)).containsExactly(4, 5);
        assertThat(cut(plan(1, 1, 1, 1, 2, 2, 2, 2), 2)).containsExactly(5, 8);
    }

    @Test
    void shouldCutNoMoreThanItIsTold() {
        assertThat(cut(plan(1, 1, 1, 1, 1, 1), 2, 2, 4)).containsExactly(3, 4);
        assertThat(cut(plan(1, 1, 1), 3, 1, 2)).containsExactly(2);
    }

    @Test
    void shouldLeaveNoPartTwiceAsLargeAsItMustBe() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            int[] counts = random.ints(1 + random.nextInt(40), 1, 20).toArray();
            int parts = 1 + random.nextInt(5);
            StepPlan<Generation> plan = plan(counts);
            int total = 0;
            int largest = 0;
            for (int count : counts) {
                total += count;
                largest = Math.max(largest, count);
            }
            int begin = 0;
            for (int end : cut(plan, parts)) {
                int size = 0;
                for (int i = begin; i < end; i++) {
                    size += plan.count(i);
                }
                assertThat(size).isPositive().isLessThanOrEqualTo(total / parts + largest);
                begin = end;
            }
            assertThat(begin).as("every entry is in a part").isEqualTo(counts.length);
        }
    }
}
