package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private int submitted;

    @Test
    void shouldShareTheBudgetBetweenSingleTokensAndPromptChunks() {
        Scheduler<ScriptedRun> scheduler = scheduler(3, 8, 8, 100);
        submit(scheduler, 5, 10);
        ScriptedRun.step(scheduler);
        submit(scheduler, 5, 10);
        submit(scheduler, 5, 10);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(ScriptedRun.counts(plan)).containsExactly(1, 5, 2);
        assertThat(plan.tokenCount()).isEqualTo(8);
        assertThat(plan.completes(0)).isTrue();
        assertThat(plan.completes(1)).isTrue();
        assertThat(plan.completes(2)).isFalse();
    }

    @Test
    void shouldBoundPromptTokensOfAStepThatCarriesAnswers() {
        Scheduler<ScriptedRun> scheduler = scheduler(3, 20, 4, 100);
        submit(scheduler, 18, 10);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(18);
        ScriptedRun.step(scheduler, scheduler.plan());
        submit(scheduler, 3, 10);
        submit(scheduler, 18, 10);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(1, 1, 3);
        assertThat(scheduler.plan().tokenCount()).isEqualTo(5);
    }

    @Test
    void shouldGiveSmallerChunksTheFurtherAPromptIsAndWholeBudgetsWhereNobodyWaits() {
        Scheduler<ScriptedRun> scheduler =
                new Scheduler<>(
                        new Scheduler.Limits(3, 40, 12, new PromptCost(8, 24)),
                        new BlockPool(100, 4, true));
        submit(scheduler, 3, 10);
        ScriptedRun.step(scheduler);
        submit(scheduler, 90, 1);
        List<Integer> chunks = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            StepPlan<ScriptedRun> plan = scheduler.plan();
            chunks.add(plan.count(1));
            ScriptedRun.step(scheduler, plan);
        }
        // 12 * 8 / (8 + position), and behind 24 tokens as at 24.
        assertThat(chunks).containsExactly(12, 4, 4, 3, 3, 3, 3, 3, 3);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(40);
    }

    @Test
    void shouldGivePromptChunksToTheOldestFirst() {
        Scheduler<ScriptedRun> scheduler = scheduler(3, 10, 10, 100);
        submit(scheduler, 14, 10);
        submit(scheduler, 14, 10);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(0);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(ScriptedRun.numbers(plan)).containsExactly(0, 1);
        assertThat(ScriptedRun.counts(plan)).containsExactly(4, 6);
    }

    @Test
    void shouldPutSingleTokensFirstByLengthOfContext() {
        Scheduler<ScriptedRun> scheduler = scheduler(4, 30, 20, 100);
        submit(scheduler, 9, 10);
        submit(scheduler, 3, 10);
        submit(scheduler, 6, 10);
        ScriptedRun.step(scheduler);
        submit(scheduler, 2, 10);
        assertThat(ScriptedRun.numbers(scheduler.plan())).containsExactly(1, 2, 0, 3);
    }

    @Test
    void shouldPlanDraftsBeforePromptsButLeaveATokenForEachThatRuns() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 5, 5, 100);
        ScriptedRun drafting = submit(scheduler, 2, 20);
        ScriptedRun.step(scheduler);
        submit(scheduler, 20, 2);
        ScriptedRun.step(scheduler);
        drafting.draft(new int[] {1, 2, 3, 4, 5, 6}, 6);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(ScriptedRun.counts(plan)).containsExactly(1, 4);
        assertThat(ScriptedRun.numbers(plan)).containsExactly(1, 0);
        assertThat(drafting.draftCount()).isEqualTo(3);
        assertThat(plan.completes(1)).isTrue();
    }

    @Test
    void shouldCutDraftsRatherThanPreemptForThem() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 20, 20, 4);
        ScriptedRun drafting = submit(scheduler, 6, 6);
        submit(scheduler, 6, 6);
        ScriptedRun.step(scheduler);
        drafting.draft(new int[] {1, 2, 3, 4}, 4);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(1, 2);
        assertThat(drafting.draftCount()).isEqualTo(1);
        assertThat(scheduler.preemptions()).isZero();
    }

    @Test
    void shouldDropDraftsWhereMoreThanTheLastTokenIsPending() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 20, 20, 10);
        ScriptedRun forced = submit(scheduler, 4, 9);
        ScriptedRun.step(scheduler);
        forced.append(1);
        forced.draft(new int[] {7, 7}, 2);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(2);
        assertThat(forced.draftCount()).isZero();
    }

    @Test
    void shouldAdvanceByWhatWasAccepted() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 20, 20, 10);
        ScriptedRun drafting = submit(scheduler, 4, 9);
        ScriptedRun.step(scheduler);
        drafting.draft(new int[] {7, 7, 9}, 3);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(plan.count(0)).isEqualTo(4);
        drafting.append(7);
        drafting.append(7);
        drafting.append(8);
        scheduler.computed(plan, 0, 3);
        assertThat(drafting.computedTokens()).isEqualTo(7);
        assertThat(drafting.isDecoding()).isTrue();
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(1);
    }

    @Test
    void shouldKeepItsPlanWhileTokensAreAppended() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 20, 20, 10);
        ScriptedRun run = submit(scheduler, 4, 9);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        run.append(7);
        assertThat(plan.completes(0)).isTrue();
        assertThat(plan.count(0)).isEqualTo(4);
    }

    @Test
    void shouldComputeTokensThatWereAppendedTogetherInOneEntry() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 20, 20, 10);
        ScriptedRun forced = submit(scheduler, 4, 9);
        ScriptedRun.step(scheduler);
        forced.append(1);
        forced.append(2);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(3);
    }

    @Test
    void shouldPlanNothingForOneWithNothingToCompute() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 20, 20, 10);
        submit(scheduler, 4, 9);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        scheduler.computed(plan, 0, 4);
        submit(scheduler, 4, 9);
        assertThat(ScriptedRun.numbers(scheduler.plan())).containsExactly(1);
    }

    @Test
    void shouldAdmitNobodyBeforeTheFirstThatWaits() {
        Scheduler<ScriptedRun> scheduler = scheduler(4, 40, 40, 6);
        submit(scheduler, 14, 2);
        ScriptedRun large = submit(scheduler, 12, 4);
        submit(scheduler, 2, 2);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(0);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(0);
        assertThat(scheduler.preemptions()).isZero();
        assertThat(ScriptedRun.step(scheduler)).containsExactly(1, 2);
        assertThat(large.preemptions()).isZero();
    }

    /** Small ones arrive without end; the large one fits only when nothing else runs. */
    @Test
    void shouldAdmitALargeOneInSpiteOfAnEndlessFloodOfSmallOnes() {
        Scheduler<ScriptedRun> scheduler = scheduler(4, 40, 40, 4);
        submit(scheduler, 3, 8, ScriptedRun.caller(1));
        ScriptedRun.step(scheduler);
        ScriptedRun large = submit(scheduler, 14, 2, ScriptedRun.caller(2));
        int steps = 0;
        while (!large.isFull()) {
            submit(scheduler, 3, 8, ScriptedRun.caller(1));
            ScriptedRun.step(scheduler);
            assertThat(++steps).isLessThan(40);
        }
    }

    @Test
    void shouldSkipThoseThatAreNotReadyUntilTheyAre() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 10, 10, 10);
        ScriptedRun compiling = submit(scheduler, 2, 1);
        compiling.ready = false;
        submit(scheduler, 2, 1);
        submit(scheduler, 2, 1);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(1);
        compiling.ready = true;
        assertThat(ScriptedRun.step(scheduler)).as("its place is kept").containsExactly(0);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(2);
    }

    @Test
    void shouldPlanNothingWhereNobodyIsReady() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 10, 10, 10);
        ScriptedRun compiling = submit(scheduler, 2, 1);
        compiling.ready = false;
        assertThat(scheduler.plan().size()).isZero();
        assertThat(scheduler.isIdle()).isFalse();
        scheduler.remove(compiling);
        assertThat(scheduler.isIdle()).isTrue();
    }

    @Test
    void shouldPreemptTheYoungest() {
        Scheduler<ScriptedRun> scheduler = scheduler(3, 30, 30, 6);
        submit(scheduler, 7, 9);
        submit(scheduler, 7, 9);
        ScriptedRun youngest = submit(scheduler, 7, 9);
        ScriptedRun.step(scheduler);
        ScriptedRun.step(scheduler);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(0, 1);
        assertThat(youngest.preemptions()).isEqualTo(1);
        assertThat(youngest.computedTokens()).isZero();
        assertThat(youngest.tokenCount()).isEqualTo(9);
        assertThat(youngest.blockCount()).isZero();
        assertThat(scheduler.preemptedCount()).isEqualTo(1);
        assertThat(scheduler.preemptions()).isEqualTo(1);
        assertThat(scheduler.waitingCount()).isEqualTo(1);
    }

    @Test
    void shouldPreemptTheLeastImportantHoweverOld() {
        Scheduler<ScriptedRun> scheduler = scheduler(3, 30, 30, 6);
        ScriptedRun old = submit(scheduler, 7, 9, ScriptedRun.priority(1));
        ScriptedRun.step(scheduler);
        submit(scheduler, 8, 8, ScriptedRun.priority(0));
        submit(scheduler, 8, 8, ScriptedRun.priority(0));
        ScriptedRun.step(scheduler);
        assertThat(scheduler.runningCount()).isEqualTo(3);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(1, 2);
        assertThat(old.preemptions()).isEqualTo(1);
    }

    @Test
    void shouldPreemptTheOneThatGrowsWhereItIsTheLast() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 5, 9);
        ScriptedRun growing = submit(scheduler, 8, 8);
        ScriptedRun.step(scheduler);
        assertThat(ScriptedRun.step(scheduler)).containsExactly(0);
        assertThat(growing.preemptions()).isEqualTo(1);
    }

    @Test
    void shouldComputePromptAndAnswerOfAPreemptedOneAnew() {
        BlockPool pool = new BlockPool(4, 4, false);
        Scheduler<ScriptedRun> scheduler =
                new Scheduler<>(new Scheduler.Limits(2, 30, 30, PromptCost.FLAT), pool);
        ScriptedRun first = submit(scheduler, 5, 9);
        ScriptedRun growing = submit(scheduler, 8, 8);
        ScriptedRun.step(scheduler);
        ScriptedRun.step(scheduler);
        scheduler.remove(first);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(ScriptedRun.counts(plan)).containsExactly(9);
        assertThat(plan.completes(0)).isTrue();
        ScriptedRun.step(scheduler, plan);
        assertThat(growing.tokenCount()).isEqualTo(10);
        assertThat(scheduler.preemptedCount()).isZero();
    }

    @Test
    void shouldAdmitPreemptedOnesBeforeFreshOnesOfTheirPriority() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        ScriptedRun first = submit(scheduler, 5, 9, ScriptedRun.caller(1));
        submit(scheduler, 8, 8, ScriptedRun.caller(1));
        ScriptedRun.step(scheduler);
        submit(scheduler, 2, 1, ScriptedRun.caller(2));
        ScriptedRun.step(scheduler);
        submit(scheduler, 2, 2, new Order(-1, 2, Order.NO_DEADLINE, 0, true));
        scheduler.remove(first);
        assertThat(ScriptedRun.numbers(scheduler.plan())).containsExactlyInAnyOrder(3, 1);
    }

    @Test
    void shouldAdmitAPreemptedOneBeforeAnOlderOneThatNeverRan() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        ScriptedRun compiling = submit(scheduler, 8, 8, ScriptedRun.caller(2));
        compiling.ready = false;
        ScriptedRun first = submit(scheduler, 5, 9, ScriptedRun.caller(1));
        submit(scheduler, 8, 8, ScriptedRun.caller(1));
        ScriptedRun.step(scheduler);
        ScriptedRun.step(scheduler);
        scheduler.remove(first);
        compiling.ready = true;
        assertThat(ScriptedRun.numbers(scheduler.plan())).containsExactly(2);
    }

    @Test
    void shouldFreeTheBlocksOfWhateverIsRemoved() {
        BlockPool pool = new BlockPool(10, 4, true);
        Scheduler<ScriptedRun> scheduler =
                new Scheduler<>(new Scheduler.Limits(1, 30, 30, PromptCost.FLAT), pool);
        ScriptedRun running = submit(scheduler, 9, 9);
        ScriptedRun waiting = submit(scheduler, 9, 9);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(pool.used()).isEqualTo(3);
        scheduler.remove(running);
        assertThat(pool.used()).isZero();
        scheduler.computed(plan, 0, 9);
        assertThat(running.computedTokens()).as("it is out").isZero();
        scheduler.remove(waiting);
        scheduler.remove(waiting);
        assertThat(scheduler.isIdle()).isTrue();
        assertThat(scheduler.callerCount()).isZero();
    }

    @Test
    void shouldFindWhatIsPastItsDeadlineWhereverItIs() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 30, 30, 10);
        ScriptedRun running = submit(scheduler, 2, 9, new Order(0, 0, 50, 0, true));
        submit(scheduler, 2, 9);
        ScriptedRun waiting = submit(scheduler, 2, 9, new Order(0, 0, 40, 0, true));
        ScriptedRun.step(scheduler);
        assertThat(expired(scheduler, 39)).isEmpty();
        assertThat(expired(scheduler, 40)).containsExactly(waiting);
        assertThat(expired(scheduler, 60)).as("not removed yet").containsExactly(running, waiting);
        scheduler.remove(waiting);
        assertThat(expired(scheduler, 61)).containsExactly(running);
        scheduler.remove(running);
        assertThat(expired(scheduler, Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void shouldCollectWhatRunsAndWhatWaits() {
        Scheduler<ScriptedRun> scheduler = scheduler(1, 30, 30, 10);
        ScriptedRun running = submit(scheduler, 2, 9);
        submit(scheduler, 2, 9);
        ScriptedRun waiting = submit(scheduler, 2, 9);
        ScriptedRun.step(scheduler);
        List<ScriptedRun> even = new ArrayList<>();
        scheduler.collect(run -> run.number % 2 == 0, even);
        assertThat(even).containsExactly(running, waiting);
    }

    @Test
    void shouldRefuseABudgetBelowATokenForEach() {
        assertThatThrownBy(() -> new Scheduler.Limits(4, 3, 1, PromptCost.FLAT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 tokens for 4 running");
        assertThatThrownBy(() -> new Scheduler.Limits(0, 3, 1, PromptCost.FLAT))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Scheduler.Limits(4, 8, 9, PromptCost.FLAT))
                .hasMessageContaining("chunks of 9")
                .hasMessageContaining("1 to 8");
        assertThatThrownBy(() -> new Scheduler.Limits(4, 8, 0, PromptCost.FLAT))
                .hasMessageContaining("chunks of 0");
    }

    @Test
    void shouldRefuseWhatThePoolCouldNotHoldAlone() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 10, 6);
        assertThatThrownBy(() -> submit(scheduler, 10, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("17 tokens takes 5 blocks of 4")
                .hasMessageContaining("has 4");
        assertThat(scheduler.waitingCount()).isEqualTo(1);
    }

    @Test
    void shouldRefuseASecondSubmission() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        ScriptedRun run = submit(scheduler, 2, 2);
        assertThatThrownBy(() -> scheduler.submit(run)).hasMessageContaining("second time");
        scheduler.remove(run);
        assertThatThrownBy(() -> scheduler.submit(run)).hasMessageContaining("second time");
    }

    @Test
    void shouldRefuseMoreThanWasPlanned() {
        Scheduler<ScriptedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 2, 2);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThatThrownBy(() -> scheduler.computed(plan, 0, 3)).hasMessageContaining("3 tokens");
        assertThatThrownBy(() -> scheduler.computed(plan, 0, 0)).hasMessageContaining("0 tokens");
    }

    private static List<ScriptedRun> expired(Scheduler<ScriptedRun> scheduler, long now) {
        List<ScriptedRun> expired = new ArrayList<>();
        scheduler.expired(now, expired);
        return expired;
    }

    private static Scheduler<ScriptedRun> scheduler(
            int maxRunning, int stepTokens, int chunkTokens, int blocks) {
        return new Scheduler<>(
                new Scheduler.Limits(maxRunning, stepTokens, chunkTokens, PromptCost.FLAT),
                new BlockPool(blocks, 4, true));
    }

    private ScriptedRun submit(Scheduler<ScriptedRun> scheduler, int prompt, int maxNewTokens) {
        return submit(scheduler, prompt, maxNewTokens, ScriptedRun.PLAIN);
    }

    private ScriptedRun submit(
            Scheduler<ScriptedRun> scheduler, int prompt, int maxNewTokens, Order order) {
        ScriptedRun run = ScriptedRun.distinct(submitted++, prompt, maxNewTokens, order);
        scheduler.submit(run);
        return run;
    }
}
