package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PagedSchedulerTest {
    private int submitted;

    @Test
    void shouldShareTheBudgetBetweenSingleTokensAndPromptChunks() {
        PagedScheduler<PagedRun> scheduler = scheduler(3, 8, 8, 100);
        submit(scheduler, 5, 10);
        PagedRun.step(scheduler);
        submit(scheduler, 5, 10);
        submit(scheduler, 5, 10);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThat(PagedRun.counts(plan)).containsExactly(1, 5, 2);
        assertThat(plan.tokenCount()).isEqualTo(8);
        assertThat(plan.completes(0)).isTrue();
        assertThat(plan.completes(1)).isTrue();
        assertThat(plan.completes(2)).isFalse();
    }

    @Test
    void shouldBoundPromptTokensOfAStepThatCarriesAnswers() {
        PagedScheduler<PagedRun> scheduler = scheduler(3, 20, 4, 100);
        submit(scheduler, 18, 10);
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(18);
        PagedRun.step(scheduler, scheduler.plan());
        submit(scheduler, 3, 10);
        submit(scheduler, 18, 10);
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(1, 1, 3);
        assertThat(scheduler.plan().tokenCount()).isEqualTo(5);
    }

    @Test
    void shouldGivePromptChunksToTheOldestFirst() {
        PagedScheduler<PagedRun> scheduler = scheduler(3, 10, 10, 100);
        submit(scheduler, 14, 10);
        submit(scheduler, 14, 10);
        assertThat(PagedRun.step(scheduler)).containsExactly(0);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThat(PagedRun.numbers(plan)).containsExactly(0, 1);
        assertThat(PagedRun.counts(plan)).containsExactly(4, 6);
    }

    @Test
    void shouldPutSingleTokensFirstByLengthOfContext() {
        PagedScheduler<PagedRun> scheduler = scheduler(4, 30, 20, 100);
        submit(scheduler, 9, 10);
        submit(scheduler, 3, 10);
        submit(scheduler, 6, 10);
        PagedRun.step(scheduler);
        submit(scheduler, 2, 10);
        assertThat(PagedRun.numbers(scheduler.plan())).containsExactly(1, 2, 0, 3);
    }

    @Test
    void shouldPlanDraftsBeforePromptsButLeaveATokenForEachThatRuns() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 5, 5, 100);
        PagedRun drafting = submit(scheduler, 2, 20);
        PagedRun.step(scheduler);
        submit(scheduler, 20, 2);
        PagedRun.step(scheduler);
        drafting.draft(new int[] {1, 2, 3, 4, 5, 6}, 6);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThat(PagedRun.counts(plan)).containsExactly(1, 4);
        assertThat(PagedRun.numbers(plan)).containsExactly(1, 0);
        assertThat(drafting.draftCount()).isEqualTo(3);
        assertThat(plan.completes(1)).isTrue();
    }

    @Test
    void shouldCutDraftsRatherThanPreemptForThem() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 20, 20, 4);
        PagedRun drafting = submit(scheduler, 6, 6);
        submit(scheduler, 6, 6);
        PagedRun.step(scheduler);
        drafting.draft(new int[] {1, 2, 3, 4}, 4);
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(1, 2);
        assertThat(drafting.draftCount()).isEqualTo(1);
        assertThat(scheduler.preemptions()).isZero();
    }

    @Test
    void shouldDropDraftsWhereMoreThanTheLastTokenIsPending() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 20, 20, 10);
        PagedRun forced = submit(scheduler, 4, 9);
        PagedRun.step(scheduler);
        forced.append(1);
        forced.draft(new int[] {7, 7}, 2);
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(2);
        assertThat(forced.draftCount()).isZero();
    }

    @Test
    void shouldAdvanceByWhatWasAccepted() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 20, 20, 10);
        PagedRun drafting = submit(scheduler, 4, 9);
        PagedRun.step(scheduler);
        drafting.draft(new int[] {7, 7, 9}, 3);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThat(plan.count(0)).isEqualTo(4);
        drafting.append(7);
        drafting.append(7);
        drafting.append(8);
        scheduler.computed(plan, 0, 3);
        assertThat(drafting.computedTokens()).isEqualTo(7);
        assertThat(drafting.isDecoding()).isTrue();
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(1);
    }

    @Test
    void shouldKeepItsPlanWhileTokensAreAppended() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 20, 20, 10);
        PagedRun run = submit(scheduler, 4, 9);
        PagedPlan<PagedRun> plan = scheduler.plan();
        run.append(7);
        assertThat(plan.completes(0)).isTrue();
        assertThat(plan.count(0)).isEqualTo(4);
    }

    @Test
    void shouldComputeTokensThatWereAppendedTogetherInOneEntry() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 20, 20, 10);
        PagedRun forced = submit(scheduler, 4, 9);
        PagedRun.step(scheduler);
        forced.append(1);
        forced.append(2);
        assertThat(PagedRun.counts(scheduler.plan())).containsExactly(3);
    }

    @Test
    void shouldPlanNothingForOneWithNothingToCompute() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 20, 20, 10);
        submit(scheduler, 4, 9);
        PagedPlan<PagedRun> plan = scheduler.plan();
        scheduler.computed(plan, 0, 4);
        submit(scheduler, 4, 9);
        assertThat(PagedRun.numbers(scheduler.plan())).containsExactly(1);
    }

    @Test
    void shouldAdmitNobodyBeforeTheFirstThatWaits() {
        PagedScheduler<PagedRun> scheduler = scheduler(4, 40, 40, 6);
        submit(scheduler, 14, 2);
        PagedRun large = submit(scheduler, 12, 4);
        submit(scheduler, 2, 2);
        assertThat(PagedRun.step(scheduler)).containsExactly(0);
        assertThat(PagedRun.step(scheduler)).containsExactly(0);
        assertThat(scheduler.preemptions()).isZero();
        assertThat(PagedRun.step(scheduler)).containsExactly(1, 2);
        assertThat(large.preemptions()).isZero();
    }

    /** Small ones arrive without end; the large one fits only when nothing else runs. */
    @Test
    void shouldAdmitALargeOneInSpiteOfAnEndlessFloodOfSmallOnes() {
        PagedScheduler<PagedRun> scheduler = scheduler(4, 40, 40, 4);
        submit(scheduler, 3, 8, PagedRun.caller(1));
        PagedRun.step(scheduler);
        PagedRun large = submit(scheduler, 14, 2, PagedRun.caller(2));
        int steps = 0;
        while (!large.isFull()) {
            submit(scheduler, 3, 8, PagedRun.caller(1));
            PagedRun.step(scheduler);
            assertThat(++steps).isLessThan(40);
        }
    }

    @Test
    void shouldSkipThoseThatAreNotReadyUntilTheyAre() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 10, 10, 10);
        PagedRun compiling = submit(scheduler, 2, 1);
        compiling.ready = false;
        submit(scheduler, 2, 1);
        submit(scheduler, 2, 1);
        assertThat(PagedRun.step(scheduler)).containsExactly(1);
        compiling.ready = true;
        assertThat(PagedRun.step(scheduler)).as("its place is kept").containsExactly(0);
        assertThat(PagedRun.step(scheduler)).containsExactly(2);
    }

    @Test
    void shouldPlanNothingWhereNobodyIsReady() {
        PagedScheduler<PagedRun> scheduler = scheduler(1, 10, 10, 10);
        PagedRun compiling = submit(scheduler, 2, 1);
        compiling.ready = false;
        assertThat(scheduler.plan().size()).isZero();
        assertThat(scheduler.isIdle()).isFalse();
        scheduler.remove(compiling);
        assertThat(scheduler.isIdle()).isTrue();
    }

    @Test
    void shouldPreemptTheYoungest() {
        PagedScheduler<PagedRun> scheduler = scheduler(3, 30, 30, 6);
        submit(scheduler, 7, 9);
        submit(scheduler, 7, 9);
        PagedRun youngest = submit(scheduler, 7, 9);
        PagedRun.step(scheduler);
        PagedRun.step(scheduler);
        assertThat(PagedRun.step(scheduler)).containsExactly(0, 1);
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
        PagedScheduler<PagedRun> scheduler = scheduler(3, 30, 30, 6);
        PagedRun old = submit(scheduler, 7, 9, PagedRun.priority(1));
        PagedRun.step(scheduler);
        submit(scheduler, 8, 8, PagedRun.priority(0));
        submit(scheduler, 8, 8, PagedRun.priority(0));
        PagedRun.step(scheduler);
        assertThat(scheduler.runningCount()).isEqualTo(3);
        assertThat(PagedRun.step(scheduler)).containsExactly(1, 2);
        assertThat(old.preemptions()).isEqualTo(1);
    }

    @Test
    void shouldPreemptTheOneThatGrowsWhereItIsTheLast() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 5, 9);
        PagedRun growing = submit(scheduler, 8, 8);
        PagedRun.step(scheduler);
        assertThat(PagedRun.step(scheduler)).containsExactly(0);
        assertThat(growing.preemptions()).isEqualTo(1);
    }

    @Test
    void shouldComputePromptAndAnswerOfAPreemptedOneAnew() {
        BlockPool pool = new BlockPool(4, 4, false);
        PagedScheduler<PagedRun> scheduler =
                new PagedScheduler<>(new PagedScheduler.Limits(2, 30, 30), pool);
        PagedRun first = submit(scheduler, 5, 9);
        PagedRun growing = submit(scheduler, 8, 8);
        PagedRun.step(scheduler);
        PagedRun.step(scheduler);
        scheduler.remove(first);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThat(PagedRun.counts(plan)).containsExactly(9);
        assertThat(plan.completes(0)).isTrue();
        PagedRun.step(scheduler, plan);
        assertThat(growing.tokenCount()).isEqualTo(10);
        assertThat(scheduler.preemptedCount()).isZero();
    }

    @Test
    void shouldAdmitPreemptedOnesBeforeFreshOnesOfTheirPriority() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        PagedRun first = submit(scheduler, 5, 9, PagedRun.caller(1));
        submit(scheduler, 8, 8, PagedRun.caller(1));
        PagedRun.step(scheduler);
        submit(scheduler, 2, 1, PagedRun.caller(2));
        PagedRun.step(scheduler);
        submit(scheduler, 2, 2, new Order(-1, 2, Order.NO_DEADLINE, 0, true));
        scheduler.remove(first);
        assertThat(PagedRun.numbers(scheduler.plan())).containsExactlyInAnyOrder(3, 1);
    }

    @Test
    void shouldAdmitAPreemptedOneBeforeAnOlderOneThatNeverRan() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        PagedRun compiling = submit(scheduler, 8, 8, PagedRun.caller(2));
        compiling.ready = false;
        PagedRun first = submit(scheduler, 5, 9, PagedRun.caller(1));
        submit(scheduler, 8, 8, PagedRun.caller(1));
        PagedRun.step(scheduler);
        PagedRun.step(scheduler);
        scheduler.remove(first);
        compiling.ready = true;
        assertThat(PagedRun.numbers(scheduler.plan())).containsExactly(2);
    }

    @Test
    void shouldFreeTheBlocksOfWhateverIsRemoved() {
        BlockPool pool = new BlockPool(10, 4, true);
        PagedScheduler<PagedRun> scheduler =
                new PagedScheduler<>(new PagedScheduler.Limits(1, 30, 30), pool);
        PagedRun running = submit(scheduler, 9, 9);
        PagedRun waiting = submit(scheduler, 9, 9);
        PagedPlan<PagedRun> plan = scheduler.plan();
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
        PagedScheduler<PagedRun> scheduler = scheduler(1, 30, 30, 10);
        PagedRun running = submit(scheduler, 2, 9, new Order(0, 0, 50, 0, true));
        submit(scheduler, 2, 9);
        PagedRun waiting = submit(scheduler, 2, 9, new Order(0, 0, 40, 0, true));
        PagedRun.step(scheduler);
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
        PagedScheduler<PagedRun> scheduler = scheduler(1, 30, 30, 10);
        PagedRun running = submit(scheduler, 2, 9);
        submit(scheduler, 2, 9);
        PagedRun waiting = submit(scheduler, 2, 9);
        PagedRun.step(scheduler);
        List<PagedRun> even = new ArrayList<>();
        scheduler.collect(run -> run.number % 2 == 0, even);
        assertThat(even).containsExactly(running, waiting);
    }

    @Test
    void shouldRefuseABudgetBelowATokenForEach() {
        assertThatThrownBy(() -> new PagedScheduler.Limits(4, 3, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 tokens for 4 running");
        assertThatThrownBy(() -> new PagedScheduler.Limits(0, 3, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PagedScheduler.Limits(4, 8, 9))
                .hasMessageContaining("chunks of 9")
                .hasMessageContaining("1 to 8");
        assertThatThrownBy(() -> new PagedScheduler.Limits(4, 8, 0))
                .hasMessageContaining("chunks of 0");
    }

    @Test
    void shouldRefuseWhatThePoolCouldNotHoldAlone() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 10, 6);
        assertThatThrownBy(() -> submit(scheduler, 10, 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("17 tokens takes 5 blocks of 4")
                .hasMessageContaining("has 4");
        assertThat(scheduler.waitingCount()).isEqualTo(1);
    }

    @Test
    void shouldRefuseASecondSubmission() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        PagedRun run = submit(scheduler, 2, 2);
        assertThatThrownBy(() -> scheduler.submit(run)).hasMessageContaining("second time");
        scheduler.remove(run);
        assertThatThrownBy(() -> scheduler.submit(run)).hasMessageContaining("second time");
    }

    @Test
    void shouldRefuseMoreThanWasPlanned() {
        PagedScheduler<PagedRun> scheduler = scheduler(2, 30, 30, 4);
        submit(scheduler, 2, 2);
        PagedPlan<PagedRun> plan = scheduler.plan();
        assertThatThrownBy(() -> scheduler.computed(plan, 0, 3)).hasMessageContaining("3 tokens");
        assertThatThrownBy(() -> scheduler.computed(plan, 0, 0)).hasMessageContaining("0 tokens");
    }

    private static List<PagedRun> expired(PagedScheduler<PagedRun> scheduler, long now) {
        List<PagedRun> expired = new ArrayList<>();
        scheduler.expired(now, expired);
        return expired;
    }

    private static PagedScheduler<PagedRun> scheduler(
            int maxRunning, int stepTokens, int chunkTokens, int blocks) {
        return new PagedScheduler<>(
                new PagedScheduler.Limits(maxRunning, stepTokens, chunkTokens),
                new BlockPool(blocks, 4, true));
    }

    private PagedRun submit(PagedScheduler<PagedRun> scheduler, int prompt, int maxNewTokens) {
        return submit(scheduler, prompt, maxNewTokens, PagedRun.PLAIN);
    }

    private PagedRun submit(
            PagedScheduler<PagedRun> scheduler, int prompt, int maxNewTokens, Order order) {
        PagedRun run = PagedRun.distinct(submitted++, prompt, maxNewTokens, order);
        scheduler.submit(run);
        return run;
    }
}
