package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.ThreadsConfig.Plan;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes join, leave and die on a running ring; every request is answered all the same. */
@Timeout(60)
class LaneTest {
    @Test
    void shouldRefuseARequestForALaneThatDoesNotRun() {
        try (var running = RunningPipeline.started(Plan.COMPACT)) {
            assertThat(running.outcome(running.publish(5)).status())
                    .isEqualTo(RequestStatus.OVERLOADED);
            running.lane(5);
            assertThat(running.outcome(running.publish(5)).status()).isEqualTo(RequestStatus.OK);
            running.pipeline.removeLane(5);
            assertThat(running.outcome(running.publish(5)).status())
                    .isEqualTo(RequestStatus.OVERLOADED);
        }
    }

    @Test
    void shouldRefuseASlotThatWasClaimedBeforeItsLaneJoined() {
        // Stages that have not started stand for stages that are behind.
        try (var running = new RunningPipeline(Plan.COMPACT, Waiting.BLOCKING)) {
            long before = running.publish(0);
            running.lane(0);
            long after = running.publish(0);
            running.pipeline.start();
            assertThat(running.outcome(before).status()).isEqualTo(RequestStatus.OVERLOADED);
            assertThat(running.outcome(after).status()).isEqualTo(RequestStatus.OK);
        }
    }

    @Test
    void shouldRefuseASecondLaneOfAnIndex() {
        try (var running = RunningPipeline.started(Plan.COMPACT)) {
            running.lane(0);
            assertThatThrownBy(() -> running.lane(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldAnswerWhatWasPublishedBeforeItLeaves() {
        try (var running = RunningPipeline.started(Plan.PIPELINED)) {
            ScriptedLane lane = running.lane(0);
            lane.held = true;
            lane.room = 2;
            for (int i = 0; i < 10; i++) {
                running.publish(0);
            }
            // Refused by batch, in order: the ten have passed it.
            running.outcome(running.publish(9));
            lane.held = false;
            running.pipeline.removeLane(0);
            assertThat(lane.closed).isTrue();
            assertThat(lane.taken).hasValue(10);
            running.awaitAll(11);
            assertThat(running.handlers.outcomes.values())
                    .filteredOn(outcome -> outcome.status() == RequestStatus.OK)
                    .hasSize(10);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldAnswerEveryRequestWhileLanesComeAndGo(long seed) {
        try (var running = RunningPipeline.started(Plan.PIPELINED)) {
            var random = new SplittableRandom(seed);
            Set<Integer> lanes = new HashSet<>();
            int published = 0;
            while (published < 1000) {
                if (random.nextInt(20) == 0) {
                    int index = random.nextInt(3);
                    if (lanes.add(index)) {
                        running.lane(index);
                    } else {
                        running.pipeline.removeLane(index);
                        lanes.remove(index);
                    }
                }
                if (running.publish(random.nextInt(3)) != RequestPublisher.FULL) {
                    published++;
                }
            }
            running.awaitAll(published);
            assertThat(running.handlers.outcomes).hasSize(published);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, false", "3, false", "3, true"})
    void shouldAnswerForALaneThatDied(int dieAfter, boolean againInFailAll) {
        try (var running = RunningPipeline.started(Plan.COMPACT)) {
            ScriptedLane dying = running.lane(0);
            running.lane(1);
            dying.dieAfter = dieAfter;
            dying.dieInFailAll = againInFailAll;
            // More than the ring has slots: a dead lane that stood still would stop it.
            int published = 0;
            while (published < 4 * RunningPipeline.SLOTS) {
                if (running.publish(published % 2) != RequestPublisher.FULL) {
                    published++;
                }
            }
            running.awaitAll(published);
            assertThat(running.handlers.outcomes.values())
                    .anyMatch(outcome -> outcome.status() == RequestStatus.INTERNAL);
            running.handlers.outcomes.forEach((id, outcome) -> {
                if (id % 2 == 0) {
                    assertThat(outcome.status()).isEqualTo(RequestStatus.OK);
                }
            });
            assertThat(running.pipeline.stopped()).containsExactly("lane-0");
        }
    }

    @Test
    void shouldAnswerForALaneThatReturnedUnasked() {
        try (var running = RunningPipeline.started(Plan.COMPACT)) {
            ScriptedLane lane = running.lane(0);
            assertThat(running.outcome(running.publish(0)).status()).isEqualTo(RequestStatus.OK);
            lane.leaveEarly = true;
            // A wake-up lets the lane see that it is to leave.
            long id = running.publish(0);
            running.outcome(id);
            await().until(() -> running.pipeline.stopped().contains("lane-0"));
            assertThat(running.outcome(running.publish(0)).status())
                    .isEqualTo(RequestStatus.INTERNAL);
        }
    }
}
