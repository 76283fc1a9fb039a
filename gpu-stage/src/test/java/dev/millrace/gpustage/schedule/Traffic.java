package dev.millrace.gpustage.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/**
 * Random traffic for a {@link Scheduler}, held at every step against naive models: what each place
 * of the cache holds, what each caller was served, who waits.
 */
final class Traffic {
    /** All tokens up to a position, and the salt: equal texts are the same object. */
    private static final class Text {
        private final Map<Long, Text> longer = new HashMap<>();

        Text and(long next) {
            return longer.computeIfAbsent(next, _ -> new Text());
        }
    }

    /** What was seen of a generation. */
    private static final class Ledger {
        int admittedAt;
        int computedTokens;
        int promptTokens;
        int newTokens;
    }

    private static final int ALPHABET = 3;

    private final Random random;
    private final int blockTokens;
    private final boolean roomy;
    private final Scheduler.Limits limits;
    private final BlockPool pool;
    private final Scheduler<ScriptedRun> scheduler;
    private final Text root = new Text();
    private final Text[][] cells;
    private final Set<Text> published = new HashSet<>();
    private final List<ScriptedRun> alive = new ArrayList<>();
    private final Map<ScriptedRun, Ledger> ledgers = new HashMap<>();
    private final Map<Long, Long> service = new HashMap<>();
    private final StringBuilder trace = new StringBuilder();
    private int submitted;
    private int step;

    /** Whether the pool was too small at some time. */
    boolean preempted;

    Traffic(long seed) {
        random = new Random(seed);
        blockTokens = 1 + random.nextInt(5);
        roomy = random.nextInt(4) == 0;
        int maxRunning = 1 + random.nextInt(6);
        int stepTokens = maxRunning + random.nextInt(20);
        PromptCost cost = new PromptCost(1 + random.nextInt(30), random.nextInt(30));
        limits = new Scheduler.Limits(maxRunning, stepTokens, 1 + random.nextInt(stepTokens), cost);
        int least = Math.ceilDiv(40, blockTokens);
        int blocks = roomy ? 10_000 : least + random.nextInt(least);
        pool = new BlockPool(blocks, blockTokens, roomy || random.nextInt(5) > 0);
        scheduler = new Scheduler<>(limits, pool);
        cells = new Text[blocks][blockTokens];
    }

    /** Runs to the end; a trace of every plan. */
    String run(int submissions) {
        while (submitted < submissions || !alive.isEmpty()) {
            assertThat(step).as("everything ends").isLessThan(40 * submissions + 1000);
            if (submitted < submissions && random.nextInt(3) == 0) {
                for (int burst = random.nextInt(4); burst >= 0; burst--) {
                    submit();
                }
            }
            if (!alive.isEmpty() && random.nextInt(15) == 0) {
                end(alive.get(random.nextInt(alive.size())));
            }
            expire();
            alive.forEach(run -> run.ready |= random.nextInt(6) == 0);
            plan();
            step++;
        }
        assertThat(scheduler.isIdle()).isTrue();
        assertThat(scheduler.callerCount()).isZero();
        assertThat(pool.used()).isZero();
        assertThat(pool.free()).isEqualTo(pool.blocks());
        preempted = scheduler.preemptions() > 0;
        return trace.toString();
    }

    private void submit() {
        int[] prompt = new int[1 + random.nextInt(24)];
        int common = random.nextInt(30);
        int theme = random.nextInt(2);
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = i < common ? theme : random.nextInt(ALPHABET);
        }
        Order order =
                new Order(
                        Math.max(0, random.nextInt(6) - 3),
                        random.nextInt(4),
                        random.nextInt(10) == 0 ? step + random.nextInt(60) : Order.NO_DEADLINE,
                        random.nextInt(2),
                        random.nextInt(8) > 0);
        ScriptedRun run = new ScriptedRun(submitted++, prompt, 1 + random.nextInt(16), order);
        run.ready = random.nextInt(5) > 0;
        service.computeIfAbsent(
                order.caller(),
                _ -> service.values().stream().mapToLong(Long::longValue).min().orElse(0));
        ledgers.put(run, new Ledger());
        alive.add(run);
        scheduler.submit(run);
    }

    private void end(ScriptedRun run) {
        publish(run, run.computedTokens());
        charge(run);
        scheduler.remove(run);
        alive.remove(run);
        long caller = run.order().caller();
        if (alive.stream().noneMatch(other -> other.order().caller() == caller)) {
            service.remove(caller);
        }
        assertThat(run.blockCount()).isZero();
    }

    private void expire() {
        List<ScriptedRun> expired = new ArrayList<>();
        scheduler.expired(step, expired);
        assertThat(expired)
                .containsExactlyInAnyOrderElementsOf(
                        alive.stream().filter(run -> run.order().deadlineNanos() <= step).toList());
        expired.forEach(this::end);
        List<ScriptedRun> odd = new ArrayList<>();
        scheduler.collect(run -> run.number % 2 == 1, odd);
        assertThat(odd)
                .containsExactlyInAnyOrderElementsOf(
                        alive.stream().filter(run -> run.number % 2 == 1).toList());
    }

    private void plan() {
        List<ScriptedRun> ran = alive.stream().filter(Traffic::runs).toList();
        List<ScriptedRun> candidates = candidates();
        int freeBefore = pool.free();
        StepPlan<ScriptedRun> plan = scheduler.plan();
        List<ScriptedRun> victims = ran.stream().filter(run -> !runs(run)).toList();
        List<ScriptedRun> admitted =
                alive.stream().filter(run -> runs(run) && !ran.contains(run)).toList();
        checkPreemption(ran, victims, admitted);
        checkAdmission(plan, candidates, admitted, victims.isEmpty(), freeBefore);
        checkBudget(plan);
        checkCounts();
        checkCells();
        execute(plan);
    }

    private void checkPreemption(
            List<ScriptedRun> ran, List<ScriptedRun> victims, List<ScriptedRun> admitted) {
        if (victims.isEmpty()) {
            return;
        }
        assertThat(admitted).as("nobody is admitted beside a preemption").isEmpty();
        Comparator<ScriptedRun> order =
                Comparator.<ScriptedRun>comparingInt(run -> run.order().priority())
                        .thenComparingInt(run -> ledger(run).admittedAt);
        ScriptedRun first = victims.stream().min(order).orElseThrow();
        ran.stream()
                .filter(Traffic::runs)
                .forEach(run ->
                        assertThat(order.compare(run, first))
                                .as("%s keeps its blocks, %s loses them", run, first)
                                .isNotPositive());
        for (ScriptedRun victim : victims) {
            publish(victim, ledger(victim).computedTokens);
            assertThat(victim.computedTokens()).isZero();
            assertThat(victim.blockCount()).isZero();
        }
    }

    /** Who waits and may run, in the order that the rules give them. */
    private List<ScriptedRun> candidates() {
        return alive.stream()
                .filter(run -> !runs(run) && run.ready)
                .sorted(
                        Comparator.<ScriptedRun>comparingInt(run -> run.order().priority())
                                .thenComparing(run -> run.preemptions() == 0)
                                .thenComparingLong(run ->
                                        run.preemptions() > 0
                                                ? 0
                                                : service.getOrDefault(run.order().caller(), -1L))
                                .thenComparingInt(run -> run.number))
                .toList();
    }

    private void checkAdmission(
            StepPlan<ScriptedRun> plan,
            List<ScriptedRun> candidates,
            List<ScriptedRun> admitted,
            boolean open,
            int freeBefore) {
        assertThat(admitted)
                .as("the first in order are admitted")
                .containsExactlyInAnyOrderElementsOf(candidates.subList(0, admitted.size()));
        for (ScriptedRun run : admitted) {
            Ledger ledger = ledger(run);
            ledger.admittedAt = step;
            assertThat(run.computedTokens()).isLessThan(run.tokenCount());
            if (!run.order().shares() || !pool.sharesPrefixes()) {
                assertThat(run.computedTokens()).isZero();
            } else if (roomy) {
                assertThat(run.computedTokens()).isEqualTo(cachedTokens(run));
            }
            int cached = Math.min(run.computedTokens(), run.promptTokens());
            ledger.promptTokens = Math.max(ledger.promptTokens, cached);
        }
        boolean left =
                cost(plan) < Math.min(limits.chunkTokens(), limits.stepTokens())
                        && scheduler.runningCount() < limits.maxRunning();
        if (open && left && candidates.size() > admitted.size()) {
            ScriptedRun next = candidates.get(admitted.size());
            assertThat(pool.blocksFor(next.tokenCount()))
                    .as("%s is left out only where it does not fit", next)
                    .isGreaterThan(pool.free());
        }
        assertThat(plan.size() > 0 || candidates.isEmpty())
                .as("%s free blocks, and nobody runs", freeBefore)
                .isTrue();
    }

    /** At least what the plan spends of its budget. */
    private int cost(StepPlan<ScriptedRun> plan) {
        int cost = 0;
        for (int i = 0; i < plan.size(); i++) {
            int position = plan.generation(i).computedTokens();
            cost += limits.promptCost().cost(plan.count(i), position);
        }
        return cost;
    }

    private int cachedTokens(ScriptedRun run) {
        int found = 0;
        int most = (run.tokenCount() - 1) / blockTokens;
        while (found < most && published.contains(text(run, (found + 1) * blockTokens))) {
            found++;
        }
        return found * blockTokens;
    }

    private void checkBudget(StepPlan<ScriptedRun> plan) {
        int tokens = 0;
        int prompts = 0;
        boolean decodes = false;
        Set<ScriptedRun> planned = new HashSet<>();
        int context = 0;
        boolean single = true;
        for (int i = 0; i < plan.size(); i++) {
            ScriptedRun run = plan.generation(i);
            int count = plan.count(i);
            assertThat(planned.add(run)).isTrue();
            assertThat(runs(run)).isTrue();
            assertThat(count).isBetween(1, run.pendingTokens() + run.draftCount());
            assertThat(plan.completes(i)).isEqualTo(count >= run.pendingTokens());
            assertThat(run.blockCount() * blockTokens)
                    .isGreaterThanOrEqualTo(run.computedTokens() + count);
            tokens += count;
            boolean admittedNow = ledger(run).admittedAt == step;
            if (run.isDecoding() && !admittedNow) {
                decodes = true;
            } else {
                prompts += count;
            }
            assertThat(count > 1 || single).as("single tokens come first").isTrue();
            single &= count == 1;
            if (single) {
                assertThat(run.computedTokens()).isGreaterThanOrEqualTo(context);
                context = run.computedTokens();
            }
            trace.append(run.number).append('+').append(count).append(' ');
        }
        trace.append('\n');
        assertThat(tokens).isEqualTo(plan.tokenCount()).isLessThanOrEqualTo(limits.stepTokens());
        if (decodes) {
            assertThat(prompts).isLessThanOrEqualTo(limits.chunkTokens());
        }
        for (ScriptedRun run : alive) {
            if (runs(run) && run.isDecoding()) {
                assertThat(planned).as("no answer waits").contains(run);
            }
        }
    }

    private void checkCounts() {
        long running = alive.stream().filter(Traffic::runs).count();
        assertThat(scheduler.runningCount())
                .isEqualTo((int) running)
                .isLessThanOrEqualTo(limits.maxRunning());
        assertThat(scheduler.waitingCount()).isEqualTo(alive.size() - (int) running);
        assertThat(scheduler.preemptedCount())
                .isEqualTo(
                        (int)
                                alive.stream()
                                        .filter(run -> !runs(run) && run.preemptions() > 0)
                                        .count());
        assertThat(scheduler.callerCount()).isEqualTo(service.size());
    }

    /** Every computed token of every generation is where the generation looks for it. */
    private void checkCells() {
        Map<Integer, ScriptedRun> owners = new HashMap<>();
        for (ScriptedRun run : alive) {
            for (int index = 0; index < run.blockCount(); index++) {
                ScriptedRun other = owners.put(run.block(index), run);
                if (other != null) {
                    int end = (index + 1) * blockTokens;
                    assertThat(other.block(index)).isEqualTo(run.block(index));
                    assertThat(end)
                            .as("a shared block is computed")
                            .isLessThanOrEqualTo(run.computedTokens());
                    assertThat(end).isLessThanOrEqualTo(other.computedTokens());
                    assertThat(text(run, end)).isSameAs(text(other, end));
                }
            }
            checkContent(run);
        }
        assertThat(pool.used()).isEqualTo(owners.size());
        assertThat(pool.free() + pool.used()).isEqualTo(pool.blocks());
        assertThat(pool.cached()).isBetween(0, pool.free());
        assertThat(pool.hits()).isLessThanOrEqualTo(pool.queries());
    }

    private void checkContent(ScriptedRun run) {
        Text text = root.and(run.order().salt());
        for (int position = 0; position < run.computedTokens(); position++) {
            text = text.and(run.token(position));
            if (cells[run.block(position / blockTokens)][position % blockTokens] != text) {
                throw new AssertionError(run + " reads another text at " + position);
            }
        }
    }

    private Text text(ScriptedRun run, int tokens) {
        Text text = root.and(run.order().salt());
        for (int position = 0; position < tokens; position++) {
            text = text.and(run.token(position));
        }
        return text;
    }

    private void execute(StepPlan<ScriptedRun> plan) {
        for (int i = 0; i < plan.size(); i++) {
            ScriptedRun run = plan.generation(i);
            for (int k = 0; k < plan.count(i); k++) {
                int position = run.computedTokens() + k;
                cells[run.block(position / blockTokens)][position % blockTokens] =
                        text(run, position + 1);
            }
        }
        checkCells();
        for (int i = 0; i < plan.size(); i++) {
            finishEntry(plan, i);
        }
    }

    /** Verifies drafts, reports what was computed and appends, in one of the two orders. */
    private void finishEntry(StepPlan<ScriptedRun> plan, int index) {
        ScriptedRun run = plan.generation(index);
        int count = plan.count(index);
        List<Integer> sampled = new ArrayList<>();
        if (plan.completes(index)) {
            int drafts = count - run.pendingTokens();
            int known = run.tokenCount();
            boolean accepted = true;
            while (accepted) {
                int next = answer(run, known + sampled.size());
                accepted = sampled.size() < drafts && run.token(known + sampled.size()) == next;
                sampled.add(next);
            }
            count -= drafts - (sampled.size() - 1);
        }
        boolean appendsFirst = random.nextBoolean();
        if (appendsFirst) {
            sampled.forEach(run::append);
        }
        if (random.nextInt(200) == 0) {
            end(run);
        }
        scheduler.computed(plan, index, count);
        if (!runs(run)) {
            return;
        }
        publish(run, run.computedTokens());
        charge(run);
        if (!appendsFirst) {
            sampled.forEach(run::append);
        }
        if (run.isFull()) {
            end(run);
        } else if (run.isDecoding() && random.nextBoolean()) {
            guess(run);
        }
    }

    private void guess(ScriptedRun run) {
        int[] guesses = new int[random.nextInt(5)];
        for (int i = 0; i < guesses.length; i++) {
            boolean right = random.nextInt(3) > 0;
            guesses[i] = right ? answer(run, run.tokenCount() + i) : random.nextInt(ALPHABET);
        }
        run.draft(guesses, guesses.length);
    }

    private static int answer(ScriptedRun run, int position) {
        return (run.number * 31 + position * 7) % 11 % ALPHABET;
    }

    private void publish(ScriptedRun run, int computed) {
        int settled = Math.min(computed, run.tokenCount());
        for (int end = blockTokens; end <= settled; end += blockTokens) {
            published.add(text(run, end));
        }
    }

    /** A prompt token counts once, a generated one twice. */
    private void charge(ScriptedRun run) {
        Ledger before = ledger(run);
        int computed = Math.min(run.computedTokens(), run.promptTokens());
        int prompt = Math.max(before.promptTokens, computed);
        long more = prompt - before.promptTokens + 2L * (run.newTokens() - before.newTokens);
        service.merge(run.order().caller(), more, Long::sum);
        before.computedTokens = run.computedTokens();
        before.promptTokens = prompt;
        before.newTokens = run.newTokens();
    }

    private Ledger ledger(ScriptedRun run) {
        return Objects.requireNonNull(ledgers.get(run));
    }

    private static boolean runs(ScriptedRun run) {
        return run.state == Generation.State.RUNNING;
    }
}
