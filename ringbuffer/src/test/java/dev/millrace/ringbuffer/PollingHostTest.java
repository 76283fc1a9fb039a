package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.ThreadsConfig.Plan;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A thread that polls runs the stages between the runs of others. */
@Timeout(60)
class PollingHostTest {
    private static final int REQUESTS = 20_000;

    /** No lane sees it: its refusal needs the stages alone. */
    private static final int NO_LANE = 7;

    @Test
    void shouldRunTheStagesInItsTurnAlone() {
        try (var running = RunningPipeline.started(Plan.RUN_TO_COMPLETION)) {
            PollingHost host = running.pipeline.pollingHost();
            host.begin();
            assertThat(host.turn()).isFalse();
            long id = running.publish(NO_LANE);
            assertThat(running.handlers.outcomes).isEmpty();
            assertThat(host.turn()).isTrue();
            assertThat(running.handlers.outcomes).containsOnlyKeys(id);
            assertThat(host.turn()).isFalse();

            // What it leaves behind is another's.
            long left = running.publish(NO_LANE);
            host.end();
            assertThat(running.outcome(left).status()).isNotEqualTo(RequestStatus.OK);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Plan.class,
            names = {"COMPACT", "PIPELINED"})
    void shouldLeaveThePlansOwnThreadsAlone(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            PollingHost host = running.pipeline.pollingHost();
            host.begin();
            long id = running.publish(NO_LANE);
            assertThat(host.turn()).isFalse();
            assertThat(running.outcome(id).status()).isNotEqualTo(RequestStatus.OK);
            host.end();
        }
    }

    @Test
    void shouldLoseNothingWhereTwoDoorsPublish() {
        try (var running = RunningPipeline.started(Plan.RUN_TO_COMPLETION)) {
            running.lane(0);
            PollingHost host = running.pipeline.pollingHost();
            var published = CompletableFuture.supplyAsync(() -> publishAll(running));
            host.begin();
            List<Long> ours = new ArrayList<>();
            while (ours.size() < REQUESTS) {
                long id = running.publish(ours.size() % 2 == 0 ? 0 : NO_LANE);
                if (id != RequestPublisher.FULL) {
                    ours.add(id);
                }
                host.turn();
            }
            // As the door before it sleeps: nothing more is its own.
            while (host.turn()) {
                Thread.onSpinWait();
            }
            List<Long> theirs = published.join();
            await().until(() -> running.rings.inFlight().count() == 0);
            var expected = new HashSet<>(ours);
            expected.addAll(theirs);
            assertThat(running.handlers.outcomes.keySet()).isEqualTo(expected);
            assertThat(expected).hasSize(2 * REQUESTS);
            host.end();
        }
    }

    private static List<Long> publishAll(RunningPipeline running) {
        List<Long> ids = new ArrayList<>();
        while (ids.size() < REQUESTS) {
            long id = running.publish(ids.size() % 2 == 0 ? NO_LANE : 0);
            if (id == RequestPublisher.FULL) {
                Thread.onSpinWait();
            } else {
                ids.add(id);
            }
        }
        return ids;
    }
}
