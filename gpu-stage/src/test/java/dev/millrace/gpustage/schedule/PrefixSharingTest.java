package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Blocks of four tokens; the answers are sevens. */
class PrefixSharingTest {
    private BlockPool pool = new BlockPool(64, 4, true);
    private Scheduler<ScriptedRun> scheduler = scheduler();
    private int submitted;

    @Test
    void shouldBeginBehindTheFullBlocksOfAnEqualPrefix() {
        finish(submit(prompt(0, 10), 1));
        ScriptedRun second = submit(prompt(0, 11), 4);
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(3);
        assertThat(second.computedTokens()).isEqualTo(8);
        assertThat(pool.queries()).isEqualTo(10 + 11);
        assertThat(pool.hits()).isEqualTo(8);
    }

    @Test
    void shouldAlwaysComputeTheLastToken() {
        finish(submit(prompt(0, 8), 1));
        ScriptedRun second = submit(prompt(0, 8), 4);
        scheduler.plan();
        assertThat(second.computedTokens()).isEqualTo(4);
    }

    @Test
    void shouldShareBlocksOfOneThatStillRuns() {
        ScriptedRun first = submit(prompt(0, 9), 4);
        ScriptedRun.step(scheduler);
        ScriptedRun second = submit(prompt(0, 9), 4);
        scheduler.plan();
        assertThat(second.block(0)).isEqualTo(first.block(0));
        assertThat(second.block(1)).isEqualTo(first.block(1));
        assertThat(second.block(2)).isNotEqualTo(first.block(2));
        assertThat(pool.used()).isEqualTo(4);
        scheduler.remove(first);
        assertThat(pool.used()).isEqualTo(3);
    }

    @Test
    void shouldShareThePartOfAPromptThatIsComputed() {
        submit(prompt(0, 40), 4);
        ScriptedRun.step(scheduler);
        ScriptedRun second = submit(prompt(0, 40), 4);
        scheduler.plan();
        assertThat(second.computedTokens()).isEqualTo(24);
    }

    @Test
    void shouldKeepTheirOwnCopiesWhereTwoComputeTheSameAtOnce() {
        ScriptedRun first = submit(prompt(0, 9), 4);
        ScriptedRun second = submit(prompt(0, 9), 4);
        ScriptedRun.step(scheduler);
        ScriptedRun.step(scheduler);
        assertThat(second.block(0)).isNotEqualTo(first.block(0));
        scheduler.remove(second);
        ScriptedRun third = submit(prompt(0, 9), 4);
        scheduler.plan();
        assertThat(third.block(0)).isEqualTo(first.block(0));
    }

    @Test
    void shouldNotShareAfterADifferentBeginning() {
        finish(submit(prompt(0, 9), 1));
        int[] other = prompt(0, 9);
        other[0]++;
        ScriptedRun second = submit(other, 4);
        scheduler.plan();
        assertThat(second.computedTokens()).isZero();
    }

    @Test
    void shouldNeverShareBetweenSalts() {
        finish(submit(prompt(0, 9), 1, new Order(0, 0, Order.NO_DEADLINE, 1, true)));
        ScriptedRun other = submit(prompt(0, 9), 4, new Order(0, 0, Order.NO_DEADLINE, 2, true));
        ScriptedRun same = submit(prompt(0, 9), 4, new Order(0, 0, Order.NO_DEADLINE, 1, true));
        ScriptedRun.step(scheduler);
        scheduler.plan();
        assertThat(other.block(0)).isNotEqualTo(same.block(0));
        assertThat(pool.hits()).isEqualTo(8);
    }

    @Test
    void shouldComputeAllOfOneThatDoesNotShareAndLetOthersUseIt() {
        finish(submit(prompt(0, 9), 1));
        ScriptedRun whole = submit(prompt(0, 13), 4, new Order(0, 0, Order.NO_DEADLINE, 0, false));
        assertThat(ScriptedRun.counts(scheduler.plan())).containsExactly(13);
        ScriptedRun.step(scheduler, scheduler.plan());
        ScriptedRun third = submit(prompt(0, 13), 4);
        scheduler.plan();
        assertThat(third.computedTokens()).isEqualTo(12);
        assertThat(third.block(0)).as("the copy that was first").isNotEqualTo(whole.block(0));
        assertThat(third.block(2)).isEqualTo(whole.block(2));
        assertThat(pool.queries()).isEqualTo(9 + 13);
    }

    @Test
    void shouldShareNothingWhereThePoolDoesNot() {
        pool = new BlockPool(64, 4, false);
        scheduler = scheduler();
        finish(submit(prompt(0, 9), 1));
        ScriptedRun second = submit(prompt(0, 9), 4);
        scheduler.plan();
        assertThat(second.computedTokens()).isZero();
        assertThat(pool.cached()).isZero();
        assertThat(pool.queries()).isZero();
    }

    @Test
    void shouldFindPromptAndAnswerAgainInTheNextTurnOfAConversation() {
        finish(submit(prompt(0, 6), 7));
        int[] next =
                IntStream.concat(IntStream.of(prompt(0, 6)), IntStream.of(7, 7, 7, 7, 7, 7, 7, 1))
                        .toArray();
        ScriptedRun second = submit(next, 4);
        scheduler.plan();
        assertThat(second.computedTokens()).isEqualTo(12);
    }

    @Test
    void shouldNeverFindTokensThatWereDraftedAndRejected() {
        ScriptedRun drafting = submit(prompt(0, 5), 8);
        ScriptedRun.step(scheduler);
        drafting.draft(new int[] {8, 8, 8, 8}, 4);
        ScriptedRun.step(scheduler);
        assertThat(drafting.tokenCount()).isEqualTo(7);
        int[] rejected = {0, 1, 2, 3, 4, 7, 8, 8, 8, 8};
        ScriptedRun second = submit(rejected, 2);
        scheduler.plan();
        assertThat(second.computedTokens()).isEqualTo(4);
    }

    @Test
    void shouldFindAcceptedDraftsOnceTheyAreKnown() {
        ScriptedRun drafting = submit(prompt(0, 5), 8);
        ScriptedRun.step(scheduler);
        drafting.draft(new int[] {7, 7, 7}, 3);
        StepPlan<ScriptedRun> plan = scheduler.plan();
        assertThat(plan.count(0)).isEqualTo(4);
        scheduler.computed(plan, 0, 4);
        int[] accepted = {0, 1, 2, 3, 4, 7, 7, 7, 7};
        ScriptedRun early = submit(accepted, 2);
        IntStream.range(0, 4).forEach(_ -> drafting.append(7));
        ScriptedRun.step(scheduler);
        assertThat(early.block(1)).isNotEqualTo(drafting.block(1));
        scheduler.remove(early);
        ScriptedRun late = submit(accepted, 2);
        scheduler.plan();
        assertThat(late.block(1)).isEqualTo(drafting.block(1));
    }

    @Test
    void shouldEvictTheTailOfAPrefixBeforeItsHead() {
        pool = new BlockPool(6, 4, true);
        scheduler = scheduler();
        finish(submit(prompt(0, 17), 1));
        assertThat(pool.cached()).isEqualTo(4);
        finish(submit(prompt(500, 13), 1));
        ScriptedRun again = submit(prompt(0, 17), 1);
        scheduler.plan();
        assertThat(again.computedTokens()).isEqualTo(8);
    }

    @Test
    void shouldCountBlocksThatItFindsUnusedAmongThoseItNeeds() {
        pool = new BlockPool(4, 4, true);
        scheduler = scheduler();
        finish(submit(prompt(0, 9), 1));
        submit(prompt(500, 5), 4);
        ScriptedRun.step(scheduler);
        ScriptedRun again = submit(prompt(0, 9), 1);
        scheduler.plan();
        assertThat(again.blockCount()).as("two found, one new, two free").isZero();
        assertThat(scheduler.waitingCount()).isEqualTo(1);
    }

    @Test
    void shouldCountALookupOnceHoweverOftenItIsPreempted() {
        pool = new BlockPool(4, 4, true);
        scheduler = scheduler();
        submit(prompt(0, 5), 9);
        ScriptedRun preempted = submit(prompt(500, 8), 8);
        finish(preempted);
        assertThat(preempted.preemptions()).isPositive();
        assertThat(pool.queries()).isEqualTo(5 + 8);
        assertThat(pool.hits()).isZero();
    }

    @Test
    void shouldPublishAgainWhatIsComputedAnewAfterAPreemption() {
        pool = new BlockPool(4, 4, true);
        scheduler = scheduler();
        ScriptedRun first = submit(prompt(0, 5), 9);
        ScriptedRun preempted = submit(prompt(500, 8), 8);
        while (!first.isFull() || preempted.computedTokens() == 0) {
            ScriptedRun.step(scheduler);
        }
        assertThat(preempted.preemptions()).isEqualTo(1);
        ScriptedRun second = submit(prompt(500, 9), 1);
        scheduler.plan();
        assertThat(second.computedTokens()).isEqualTo(8);
    }

    private Scheduler<ScriptedRun> scheduler() {
        return new Scheduler<>(new Scheduler.Limits(4, 24, 24, PromptCost.FLAT), pool);
    }

    private static int[] prompt(int first, int tokens) {
        return IntStream.range(first, first + tokens).toArray();
    }

    private ScriptedRun submit(int[] prompt, int maxNewTokens) {
        return submit(prompt, maxNewTokens, ScriptedRun.PLAIN);
    }

    private ScriptedRun submit(int[] prompt, int maxNewTokens, Order order) {
        ScriptedRun run = new ScriptedRun(submitted++, prompt, maxNewTokens, order);
        scheduler.submit(run);
        return run;
    }

    private void finish(ScriptedRun run) {
        while (!scheduler.isIdle()) {
            ScriptedRun.step(scheduler);
        }
        assertThat(run.isFull()).isTrue();
    }
}
