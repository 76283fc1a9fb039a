package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who of those that wait is next. */
class FairnessTest {
    private static final int MAX_RUNNING = 4;
    private static final int CAPACITY = 60;

    private Scheduler<ScriptedRun> scheduler = scheduler(MAX_RUNNING);
    private int submitted;

    @Test
    void shouldAdmitByPriorityThenArrival() {
        scheduler = scheduler(1);
        submit(3, 1, ScriptedRun.priority(2));
        submit(3, 1, ScriptedRun.priority(0));
        submit(3, 1, ScriptedRun.priority(-5));
        submit(3, 1, ScriptedRun.priority(0));
        assertThat(admissions(4)).containsExactly(2, 1, 3, 0);
    }

    @Test
    void shouldTakeTurnsBetweenCallersHoweverManyOneSends() {
        scheduler = scheduler(1);
        for (int i = 0; i < 6; i++) {
            submit(3, 1, ScriptedRun.caller(1));
        }
        submit(3, 1, ScriptedRun.caller(2));
        submit(3, 1, ScriptedRun.caller(2));
        assertThat(admissions(8)).containsExactly(0, 6, 1, 7, 2, 3, 4, 5);
    }

    @Test
    void shouldCountAGeneratedTokenAsTwoOfThePrompt() {
        scheduler = scheduler(1);
        submit(2, 4, ScriptedRun.caller(1));
        submit(8, 1, ScriptedRun.caller(2));
        submit(1, 1, ScriptedRun.caller(1));
        submit(1, 1, ScriptedRun.caller(2));
        assertThat(admissions(4)).as("10 each").containsExactly(0, 1, 2, 3);
        submitted = 0;
        submit(2, 4, ScriptedRun.caller(1));
        submit(7, 1, ScriptedRun.caller(2));
        submit(1, 1, ScriptedRun.caller(1));
        submit(1, 1, ScriptedRun.caller(2));
        assertThat(admissions(4)).as("10 and 9").containsExactly(0, 1, 3, 2);
    }

    @Test
    void shouldNotChargeWhatTheCacheGave() {
        scheduler = scheduler(1);
        int[] prompt = new int[41];
        scheduler.submit(new ScriptedRun(0, prompt, 1, ScriptedRun.caller(3)));
        assertThat(admissions(1)).containsExactly(0);
        scheduler.submit(new ScriptedRun(1, prompt, 1, ScriptedRun.caller(1)));
        submitted = 2;
        submit(5, 1, ScriptedRun.caller(2));
        submit(1, 1, ScriptedRun.caller(2));
        submit(1, 1, ScriptedRun.caller(1));
        assertThat(admissions(4)).as("3 against 7").containsExactly(1, 2, 4, 3);
    }

    @Test
    void shouldLiftACallerThatComesBackToTheLeastServed() {
        scheduler = scheduler(1);
        ScriptedRun away = submit(3, 1, ScriptedRun.caller(1));
        scheduler.remove(away);
        for (int i = 1; i < 9; i++) {
            submit(10, 1, ScriptedRun.caller(2));
        }
        assertThat(admissions(4)).containsExactly(1, 2, 3, 4);
        for (int i = 9; i < 14; i++) {
            submit(10, 1, ScriptedRun.caller(1));
        }
        assertThat(admissions(5)).as("no credit of four").containsExactly(5, 9, 6, 10, 7);
    }

    /**
     * The bound of Sheng et al. 2024, theorem 4.4: while both wait, their service differs by no
     * more than twice the dearer of a prompt and of all that runs at once.
     */
    @Test
    void shouldServeUnequalFloodsAlike() {
        long bound = 2L * Callers.GENERATED_TOKEN * MAX_RUNNING * CAPACITY;
        List<ScriptedRun> sent = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            sent.add(submit(10, 5, ScriptedRun.caller(1)));
        }
        for (int i = 0; i < 80; i++) {
            sent.add(submit(30, 30, ScriptedRun.caller(2)));
        }
        long steps = 0;
        while (waits(sent, 1) && waits(sent, 2)) {
            ScriptedRun.step(scheduler);
            assertThat(Math.abs(service(sent, 1) - service(sent, 2))).isLessThan(bound);
            steps++;
        }
        assertThat(service(sent, 1)).isGreaterThan(5 * bound);
        assertThat(steps).isGreaterThan(100);
    }

    @Test
    void shouldRememberOnlyCallersThatAreThere() {
        for (int i = 0; i < 100; i++) {
            submit(3, 1, ScriptedRun.caller(i));
        }
        assertThat(scheduler.callerCount()).isEqualTo(100);
        admissions(100);
        assertThat(scheduler.callerCount()).isZero();
    }

    /** Asking them is what a step costs for each; ten thousand wait, of as many callers. */
    @Test
    void shouldLookAtFewOfTheManyThatWait() {
        int[] asked = new int[1];
        for (int i = 0; i < 10_000; i++) {
            Order order = new Order(i % 7, i % 1000, Order.NO_DEADLINE, 0, true);
            scheduler.submit(
                    new ScriptedRun(i, new int[] {i}, 9, order) {
                        @Override
                        protected boolean ready() {
                            asked[0]++;
                            return true;
                        }
                    });
        }
        for (int i = 0; i < 200; i++) {
            ScriptedRun.step(scheduler);
        }
        assertThat(asked[0]).isLessThan(200);
    }

    private static long service(List<ScriptedRun> sent, long caller) {
        return sent.stream()
                .filter(run -> run.order().caller() == caller)
                .mapToLong(
                        run -> run.newTokens() == 0 ? 0 : run.promptTokens() + 2L * run.newTokens())
                .sum();
    }

    private static boolean waits(List<ScriptedRun> sent, long caller) {
        return sent.stream()
                .anyMatch(run ->
                        run.order().caller() == caller && run.state == Generation.State.WAITING);
    }

    private List<Integer> admissions(int count) {
        List<Integer> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            StepPlan<ScriptedRun> plan = scheduler.plan();
            for (int number : ScriptedRun.numbers(plan)) {
                if (!numbers.contains(number)) {
                    numbers.add(number);
                }
            }
            ScriptedRun.step(scheduler, plan);
        }
        while (scheduler.runningCount() > 0 && scheduler.waitingCount() == 0) {
            ScriptedRun.step(scheduler);
        }
        return numbers;
    }

    private ScriptedRun submit(int prompt, int maxNewTokens, Order order) {
        ScriptedRun run = ScriptedRun.distinct(submitted++, prompt, maxNewTokens, order);
        scheduler.submit(run);
        return run;
    }

    private static Scheduler<ScriptedRun> scheduler(int maxRunning) {
        return new Scheduler<>(
                new Scheduler.Limits(maxRunning, 64, 64, PromptCost.FLAT),
                new BlockPool(200, 4, true));
    }
}
