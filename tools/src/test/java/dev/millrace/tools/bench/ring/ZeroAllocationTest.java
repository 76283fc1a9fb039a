package dev.millrace.tools.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.ringbuffer.ModelEntry;
import dev.millrace.ringbuffer.ModelKind;
import dev.millrace.ringbuffer.RequestContext;
import dev.millrace.ringbuffer.RequestPublisher;
import dev.millrace.ringbuffer.RequestSlot;
import dev.millrace.ringbuffer.Rings;
import dev.millrace.ringbuffer.Route;
import dev.millrace.ringbuffer.Stage;
import dev.millrace.stages.tokenizer.TextModel;
import dev.millrace.stages.tokenizer.TextModelLoader;
import dev.millrace.tools.acceptance.PlanThreads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Once warm, no stage thread allocates for a tensor request or for a token of a stream. Counted by
 * the JVM; the smallest object has 16 bytes, so that fewer than ten each are none at all.
 */
class ZeroAllocationTest {
    private static final int COUNT = 100_000;

    /** What the JVM makes by itself on a thread that it runs, and less than its requests would. */
    private static final long JVM_BYTES = 100_000;

    private static final int TEXT_LANE = 1;
    private static final RingConfig RING =
            new RingConfig(256, 8 << 10, 2, 1 << 20, 256, 8 << 10, 256);
    private static final RingConfig LARGE =
            new RingConfig(16, 256 << 10, 2, 1 << 20, 16, 256 << 10, 16);

    @TempDir private Path folder = Path.of("");

    @ParameterizedTest
    @EnumSource(names = {"COMPACT", "PIPELINED", "RUN_TO_COMPLETION"})
    void shouldAllocateNothingForARequest(ThreadsConfig.Plan plan) throws IOException {
        shouldAllocateNothing(RING, plan, 128, COUNT);
    }

    @ParameterizedTest
    @EnumSource(names = {"COMPACT", "PIPELINED", "RUN_TO_COMPLETION"})
    void shouldAllocateNothingForALargeTensor(ThreadsConfig.Plan plan) throws IOException {
        shouldAllocateNothing(LARGE, plan, 128 << 10, 10_000);
    }

    private static void shouldAllocateNothing(
            RingConfig ring, ThreadsConfig.Plan plan, int bytes, int count) throws IOException {
        try (var server = new NullServer(ring, plan, 0, false)) {
            server.addNullLane();
            var answers = new AnswerClock(ring.inFlight());
            var load = new RingLoad(server.rings(), answers, bytes);
            load.publish(count);
            load.settle();
            ThreadCosts costs = ThreadCosts.of(ThreadCosts.STAGES);
            load.publish(count);
            load.settle();
            Map<String, ThreadCosts.Cost> used = costs.since();
            assertThat(answers.failure()).isEmpty();
            assertThat(answers.answered()).isEqualTo(2L * count);
            assertThat(used).containsKeys(PlanThreads.of(plan, "stages"));
            assertThat(used.containsKey("lane-null"))
                    .isEqualTo(plan != ThreadsConfig.Plan.RUN_TO_COMPLETION);
            assertNothingAllocated(used, count);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"COMPACT", "PIPELINED", "RUN_TO_COMPLETION"})
    void shouldAllocateNothingForATokenOfAStream(ThreadsConfig.Plan plan) throws IOException {
        TextModel text = Objects.requireNonNull(TextModelLoader.load(DemoModel.extractTo(folder)));
        try (var _ = text.tokenizer();
                var server = new NullServer(RING, plan, 0, false)) {
            server.texts().put(DemoModel.NAME, text);
            server.add(new TokenLane(TEXT_LANE, server.rings().replyPublisher()), textModel());
            stream(server.rings());
            var names = new HashSet<>(ThreadCosts.STAGES);
            names.add(TokenLane.NAME);
            ThreadCosts costs = ThreadCosts.of(names);
            CountingSink sink = stream(server.rings());
            Map<String, ThreadCosts.Cost> used = costs.since();
            // The last event of a stream also ends it.
            assertThat(sink.events.get()).isEqualTo(COUNT);
            assertThat(used)
                    .containsKeys(PlanThreads.of(plan, "stages"))
                    .containsKey(TokenLane.NAME);
            assertNothingAllocated(used, COUNT);
        }
    }

    private static void assertNothingAllocated(Map<String, ThreadCosts.Cost> used, int count) {
        used.forEach((thread, cost) ->
                assertThat(cost.allocatedBytes())
                        .as("bytes allocated by %s for %d", thread, count)
                        .isLessThan(JVM_BYTES));
    }

    private static ModelEntry textModel() {
        return new ModelEntry(
                DemoModel.NAME,
                "1",
                ModelKind.GENERATE,
                TEXT_LANE,
                "null",
                List.of(),
                List.of(),
                2 * COUNT,
                2048,
                new ModelEntry.BatchLimits(false, 1, 0, List.of()),
                0,
                "");
    }

    /** One stream from its request to its end. */
    private static CountingSink stream(Rings rings) {
        var sink = new CountingSink();
        byte[] body =
                "{\"model\":\"%s\",\"prompt\":[1,2,3],\"max_tokens\":%d,\"stream\":true}"
                        .formatted(DemoModel.NAME, COUNT)
                        .getBytes(StandardCharsets.UTF_8);
        RequestPublisher publisher = rings.requestPublisher();
        RequestContext context = Objects.requireNonNull(rings.inFlight().claim());
        context.reset(publisher.nextRequestId(), Route.OPENAI_COMPLETIONS);
        context.sink = sink;
        context.stamps.begin(System.nanoTime());
        long sequence = publisher.tryClaim();
        RequestSlot slot = publisher.slot(sequence);
        slot.reset(RequestSlot.Kind.REQUEST, context);
        slot.body.buffer().putBytes(0, body);
        slot.body.length(body.length);
        context.stamps.done(Stage.DOOR, System.nanoTime());
        publisher.publish(sequence);
        await().atMost(Duration.ofMinutes(1)).until(() -> rings.inFlight().count() == 0);
        assertThat(sink.failure).isEmpty();
        assertThat(sink.ended.get()).isOne();
        return sink;
    }
}
