package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.ThreadsConfig.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who follows whom, in both plans. {@link RecordingHandlers} checks the gates as it runs. */
@Timeout(60)
class PipelineTest {
    private static final int REQUESTS = 600;

    static Stream<Arguments> plansWaitsAndSeeds() {
        return Stream.of(Plan.COMPACT, Plan.PIPELINED, Plan.RUN_TO_COMPLETION)
                .flatMap(plan ->
                        Stream.of(Waiting.BLOCKING, Waiting.YIELDING, Waiting.SLEEPING)
                                .flatMap(waiting ->
                                        Stream.of(1L, 2L)
                                                .map(seed -> Arguments.of(plan, waiting, seed))));
    }

    @ParameterizedTest
    @MethodSource("plansWaitsAndSeeds")
    void shouldAnswerEveryRequestOnce(Plan plan, Waiting waiting, long seed) {
        try (var running = new RunningPipeline(plan, waiting)) {
            running.pipeline.start();
            running.lane(0);
            running.lane(1);
            List<Long> published = new ArrayList<>();
            var random = new SplittableRandom(seed);
            while (published.size() < REQUESTS) {
                int bodyBytes = random.nextInt(8) == 0 ? 1000 : 16;
                int decodedBytes = random.nextInt(8) == 0 ? 1000 : 16;
                long id = running.publish(random.nextInt(2), bodyBytes, decodedBytes);
                if (id == RequestPublisher.FULL) {
                    Thread.yield();
                } else {
                    published.add(id);
                }
            }
            running.awaitAll(REQUESTS);
            assertThat(running.handlers.ended()).containsExactlyInAnyOrderElementsOf(published);
            assertThat(running.rings.counters().get(Counter.REQUESTS_PUBLISHED))
                    .isEqualTo(REQUESTS);
            assertThat(running.rings.counters().get(Counter.STAGE_FAILURES)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldLetALaneOvertakeAnother(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            ScriptedLane slow = running.lane(0);
            running.lane(1);
            slow.held = true;
            long first = running.publish(0);
            long second = running.publish(1);
            assertThat(running.outcome(second).status()).isEqualTo(RequestStatus.OK);
            assertThat(running.handlers.outcomes).doesNotContainKey(first);
            slow.held = false;
            assertThat(running.outcome(first).status()).isEqualTo(RequestStatus.OK);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldSayFullAtOnceAndResume(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            ScriptedLane lane = running.lane(0);
            lane.held = true;
            lane.room = 2;
            int accepted = 0;
            while (running.publish(0) != RequestPublisher.FULL) {
                accepted++;
            }
            int taken = lane.taken.get();
            assertThat(accepted)
                    .isBetween(RunningPipeline.SLOTS, RunningPipeline.SLOTS + lane.room);
            assertThat(taken).isLessThanOrEqualTo(lane.room);
            lane.held = false;
            running.awaitAll(accepted);
            assertThat(running.outcome(running.publish(0)).status()).isEqualTo(RequestStatus.OK);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldRecordACancelAndTellTheLane(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            ScriptedLane lane = running.lane(0);
            lane.held = true;
            long id = running.publish(0);
            await().until(() -> lane.taken.get() == 1);
            RequestContext context = context(running, id);
            assertThat(running.rings.requestPublisher().cancel(context, id)).isTrue();
            lane.held = false;
            assertThat(running.outcome(id).status()).isEqualTo(RequestStatus.CANCELLED);
            await().until(() -> running.handlers.cancelsOnRecord.contains(id));

            // The context serves another request by now: a late cancel must not reach it.
            long next = running.publish(0);
            running.rings.requestPublisher().cancel(context, id);
            assertThat(running.outcome(next).status()).isEqualTo(RequestStatus.OK);
        }
    }

    private static RequestContext context(RunningPipeline running, long id) {
        for (long sequence = 0; ; sequence++) {
            RequestSlot slot = running.rings.requestPublisher().slot(sequence);
            if (slot.requestId == id) {
                return slot.context();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldDivideARequestsLifeAmongItsStages(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            running.lane(0);
            RecordingHandlers.Outcome outcome = running.outcome(running.publish(0));
            assertThat(outcome.durationsNanos()).allMatch(nanos -> nanos >= 0);
            assertThat(outcome.durationsNanos().stream().mapToLong(nanos -> nanos).sum())
                    .isEqualTo(outcome.totalNanos())
                    .isPositive();
            assertThat(outcome.journalDoneNanos()).isNotZero();
        }
    }

    @ParameterizedTest
    @MethodSource("plansWaitsAndSeeds")
    void shouldLoseNothingOnShutdown(Plan plan, Waiting waiting, long seed) {
        var running = new RunningPipeline(plan, waiting);
        running.pipeline.start();
        running.lane(0);
        var random = new SplittableRandom(seed);
        List<Long> published = new ArrayList<>();
        for (int i = 1 + random.nextInt(RunningPipeline.SLOTS); i > 0; i--) {
            published.add(running.publish(random.nextInt(2)));
        }
        running.close();
        assertThat(running.handlers.ended()).containsExactlyInAnyOrderElementsOf(published);
        assertThat(running.handlers.shutdowns).hasValue(7);
    }
}
