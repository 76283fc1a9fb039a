package dev.millrace.gpustage.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.GenerationConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.gpustage.SharedModels;
import dev.millrace.gpustage.lane.LaneHarness.Answer;
import dev.millrace.gpustage.model.CacheLimits;
import dev.millrace.gpustage.model.EndIds;
import dev.millrace.gpustage.model.LlamaModel;
import dev.millrace.gpustage.model.WeightFormat;
import dev.millrace.gpustage.torch.TorchTest;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.FinishReason;
import dev.millrace.ringbuffer.GenerationUsage;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.RequestStatus;
import dev.millrace.ringbuffer.TokenBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.NanoClock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Who is served when, who is not, and what one request's end leaves to the others. */
class LaneOrderTest extends TorchTest {
    @TempDir static Path folder;
    private static int[] prompt = {};
    private static int[] generated = {};

    @BeforeAll
    static void extract() throws IOException {
        Path model = DemoModel.extractTo(folder);
        JsonNode golden =
                new JsonMapper().readTree(Files.readAllBytes(model.resolve("golden.json")));
        prompt = SharedModels.ints(golden.path("prompt_ids"));
        generated = SharedModels.ints(golden.path("generated_ids"));
    }

    private static LaneHarness harness(int slots, int stepTokens, int chunkTokens) {
        return harness(
                slots, stepTokens, chunkTokens, EndIds.read(model()), new Gate(0), new Ahead());
    }

    private static LaneHarness harness(int slots, Gate gate, Ahead ahead) {
        return harness(slots, 64, 64, EndIds.read(model()), gate, ahead);
    }

    private static LaneHarness harness(
            int slots, int stepTokens, int chunkTokens, IntHashSet ends, Gate gate, Ahead ahead) {
        return new LaneHarness(output ->
                new GenerateLane(
                        0,
                        DemoModel.NAME,
                        LlamaModel.load(model(), CacheLimits.of(slots, 512), WeightFormat.FLOAT32),
                        new GenerationConfig(slots, stepTokens, chunkTokens, 64, 0, 0),
                        true,
                        ends,
                        gate,
                        1,
                        new LaneOutput(output.replies(), output.counters(), ahead)));
    }

    private static Path model() {
        return folder.resolve(DemoModel.NAME);
    }

    /** Holds the lane's thread at the token of that number until it is opened. */
    private static final class Gate implements TokenBytes {
        private final int at;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);
        private int tokens;

        /** At 0 it holds nobody. */
        Gate(int at) {
            this.at = at;
        }

        @Override
        public byte[] bytesOf(int id) {
            if (++tokens == at) {
                reached.countDown();
                await(open);
            }
            return new byte[0];
        }

        void awaitReached() {
            await(reached);
        }

        void open() {
            open.countDown();
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** A clock that can be put forward. */
    private static final class Ahead implements NanoClock {
        private final AtomicLong nanos = new AtomicLong();

        @Override
        public long nanoTime() {
            return System.nanoTime() + nanos.get();
        }

        void hours(int count) {
            nanos.addAndGet(TimeUnit.HOURS.toNanos(count));
        }
    }

    private static Answer send(LaneHarness harness, int tokens, Consumer<RequestSlot> more) {
        return send(harness, prompt, tokens, more);
    }

    private static Answer send(
            LaneHarness harness, int[] ids, int tokens, Consumer<RequestSlot> more) {
        return harness.send(slot -> {
            slot.sampling.temperature = 0;
            slot.sampling.maxTokens = tokens;
            slot.sampling.ignoreEos = true;
            LaneHarness.prompts(slot, ids);
            more.accept(slot);
        });
    }

    private static Consumer<RequestSlot> inAnHour(Consumer<RequestSlot> more) {
        return slot -> {
            slot.context().deadlineNanos = System.nanoTime() + TimeUnit.HOURS.toNanos(1);
            more.accept(slot);
        };
    }

    private static void assertNothingHeld(LaneHarness harness) {
        GenerationUsage usage = usage(harness);
        Awaitility.await().until(() -> usage.running() == 0 && usage.blocksUsed() == 0);
        assertThat(usage.waiting()).isZero();
        assertThat(harness.lane().load()).isZero();
        assertThat(harness.inFlight()).isZero();
    }

    private static GenerationUsage usage(LaneHarness harness) {
        return Objects.requireNonNull(harness.lane().usage());
    }

    private static int[] first(int count) {
        return Arrays.copyOf(generated, count);
    }

    @Test
    void shouldEndAWaitingRequestAtItsDeadline() {
        Gate gate = new Gate(3);
        Ahead ahead = new Ahead();
        try (LaneHarness harness = harness(1, gate, ahead)) {
            Answer runs = send(harness, 48, _ -> {});
            gate.awaitReached();
            CountDownLatch decoded = new CountDownLatch(1);
            Answer late = send(harness, 48, inAnHour(_ -> decoded.countDown()));
            Answer patient = send(harness, 48, _ -> {});
            Gate.await(decoded);
            ahead.hours(2);
            gate.open();

            assertThat(harness.await(late).status).isEqualTo(RequestStatus.DEADLINE);
            assertThat(late.tokens(0)).as("it never ran").isEmpty();
            assertThat(harness.await(runs).tokens(0)).containsExactly(generated);
            assertThat(late.place).as("told at once").isLessThan(runs.place);
            assertThat(harness.await(patient).tokens(0)).containsExactly(generated);
            assertNothingHeld(harness);
        }
    }

    @Test
    void shouldEndARunningRequestAtItsDeadlineAndNoOther() {
        Gate gate = new Gate(3);
        Ahead ahead = new Ahead();
        try (LaneHarness harness = harness(2, gate, ahead)) {
            Answer late = send(harness, 48, inAnHour(_ -> {}));
            gate.awaitReached();
            Answer other = send(harness, 48, _ -> {});
            ahead.hours(2);
            gate.open();

            assertThat(harness.await(late).status).isEqualTo(RequestStatus.DEADLINE);
            assertThat(late.errorMessage).contains("deadline");
            assertThat(late.tokens(0)).as("the next step drops it").containsExactly(first(3));
            assertThat(harness.await(other).tokens(0)).containsExactly(generated);
            assertNothingHeld(harness);
        }
    }

    @Test
    void shouldServeTheMoreImportantFirst() {
        Gate gate = new Gate(1);
        try (LaneHarness harness = harness(1, gate, new Ahead())) {
            Answer runs = send(harness, 48, _ -> {});
            gate.awaitReached();
            CountDownLatch decoded = new CountDownLatch(4);
            List<Answer> answers = new ArrayList<>();
            for (int priority : new int[] {5, 0, -3, 2}) {
                answers.add(
                        send(
                                harness,
                                4,
                                slot -> {
                                    slot.sampling.priority = priority;
                                    decoded.countDown();
                                }));
            }
            Gate.await(decoded);
            gate.open();

            answers.forEach(harness::await);
            assertThat(runs.place).as("what runs is not put aside for a slot").isZero();
            assertThat(answers.stream().map(answer -> answer.place)).containsExactly(4, 2, 1, 3);
            assertNothingHeld(harness);
        }
    }

    @Test
    void shouldStopAtTheNextStepAfterACancel() {
        Gate gate = new Gate(5);
        try (LaneHarness harness = harness(1, gate, new Ahead())) {
            Answer gone = send(harness, 480, _ -> {});
            gate.awaitReached();
            harness.cancel(gone);
            gate.open();

            assertThat(harness.await(gone).status).isEqualTo(RequestStatus.CANCELLED);
            assertThat(gone.tokens(0)).containsExactly(first(5));
            assertNothingHeld(harness);
            assertThat(harness.counters().get(Counter.STEPS)).isEqualTo(5);
        }
    }

    @Test
    void shouldSharePrefixesOfOneCallerAndOfNobodyElse() {
        try (LaneHarness harness = harness(2, 512, 512)) {
            int[] shared = Arrays.copyOf(prompt, 40);
            Answer first = as(harness, shared, 7, 0);
            assertThat(first.context.cachedTokens).isZero();
            assertThat(as(harness, shared, 8, 0).context.cachedTokens).as("a caller").isZero();
            assertThat(as(harness, shared, 7, 9).context.cachedTokens).as("a salt").isZero();
            assertThat(usage(harness).prefixHits()).isZero();

            Answer again = as(harness, shared, 7, 0);
            assertThat(again.context.cachedTokens).as("two full blocks of 16").isEqualTo(32);
            assertThat(usage(harness).prefixHits()).isEqualTo(32);
            assertThat(again.tokens(0)).containsExactly(first.tokens(0));
            assertNothingHeld(harness);
        }
    }

    private static Answer as(LaneHarness harness, int[] ids, long caller, long salt) {
        return harness.await(
                send(
                        harness,
                        ids,
                        8,
                        slot -> {
                            slot.context().callerId = caller;
                            slot.sampling.cacheSalt = salt;
                        }));
    }

    @Test
    void shouldKeepAnswersGoingWhileALongPromptIsComputed() {
        try (LaneHarness harness = harness(2, 64, 4)) {
            Answer runs = send(harness, 300, _ -> {});
            Awaitility.await().until(() -> runs.replies.size() > 2);
            int[] ids = new int[400];
            Arrays.fill(ids, 45);
            long[] before = {0};
            Answer arrives = send(harness, ids, 1, _ -> before[0] = runs.replies.size());
            harness.await(arrives);
            // 400 tokens in chunks of 4 and fewer: over a hundred steps, each with a token for what
            // runs.
            assertThat(runs.replies.size() - before[0]).isBetween(95L, 297L);
            harness.await(runs);
            assertThat(Arrays.copyOf(runs.tokens(0), 48)).containsExactly(generated);
            assertNothingHeld(harness);
        }
    }

    @Test
    void shouldEndAtAnEndIdOnlyAfterTheFewestTokens() {
        int end = generated[0];
        int stop = generated[1];
        assertThat(stop).isNotEqualTo(end);
        IntHashSet ends = new IntHashSet();
        ends.add(end);
        try (LaneHarness harness = harness(2, 64, 64, ends, new Gate(0), new Ahead())) {
            Answer free = harness.await(send(harness, 20, slot -> slot.sampling.ignoreEos = false));
            assertThat(free.lastOf(0).finish()).isEqualTo(FinishReason.STOP);
            assertThat(free.tokens(0)).containsExactly(first(1));
            Answer held =
                    harness.await(
                            send(
                                    harness,
                                    20,
                                    slot -> {
                                        slot.sampling.ignoreEos = false;
                                        slot.sampling.minTokens = 10;
                                        slot.sampling.stopIds.add(stop);
                                    }));
            assertThat(held.tokens(0).length).isGreaterThanOrEqualTo(10);
            assertThat(Arrays.copyOf(held.tokens(0), 10)).as("banned").doesNotContain(end, stop);
        }
    }

    @Test
    void shouldOnlyComputeThePromptWhereNoTokenIsAskedFor() {
        try (LaneHarness harness = harness(2, 64, 64)) {
            Answer answer =
                    harness.await(
                            send(
                                    harness,
                                    0,
                                    slot -> {
                                        slot.sampling.echo = true;
                                        slot.sampling.logprobs = 2;
                                    }));
            assertThat(answer.status).isEqualTo(RequestStatus.OK);
            assertThat(answer.lastOf(0).finish()).isEqualTo(FinishReason.LENGTH);
            assertThat(answer.context.completionTokens).isZero();
            assertThat(harness.counters().get(Counter.GENERATED_TOKENS)).isZero();
            assertThat(harness.counters().get(Counter.STEPS)).isEqualTo(1);
            assertNothingHeld(harness);
        }
    }

    @Test
    void shouldLetAnotherCallerPastTheQueueOfABusyOne() {
        Gate gate = new Gate(1);
        try (LaneHarness harness = harness(1, gate, new Ahead())) {
            List<Answer> busy = new ArrayList<>();
            busy.add(send(harness, 48, slot -> slot.context().callerId = 1));
            gate.awaitReached();
            CountDownLatch decoded = new CountDownLatch(1);
            for (int i = 0; i < 12; i++) {
                busy.add(send(harness, 16, slot -> slot.context().callerId = 1));
            }
            Answer other =
                    send(
                            harness,
                            16,
                            slot -> {
                                slot.context().callerId = 2;
                                decoded.countDown();
                            });
            Gate.await(decoded);
            gate.open();

            busy.forEach(harness::await);
            assertThat(harness.await(other).tokens(0)).containsExactly(first(16));
            // It came thirteenth. It starts from its rival's service, which only grew since.
            assertThat(other.place).isBetween(1, 2);
            assertNothingHeld(harness);
        }
    }
}
