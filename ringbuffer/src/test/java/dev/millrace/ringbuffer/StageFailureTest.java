package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ThreadsConfig.Plan;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A handler that throws fails the request it was called for, and no other. */
@Timeout(30)
class StageFailureTest {
    private static final List<Stage> GUARDED =
            List.of(
                    Stage.JOURNAL,
                    Stage.DECODE,
                    Stage.RATE_LIMIT,
                    Stage.BATCH,
                    Stage.REPLY_JOURNAL,
                    Stage.REPLY,
                    Stage.TELEMETRY);

    static Stream<Arguments> everyStageInBothPlans() {
        return Stream.of(Plan.COMPACT, Plan.PIPELINED, Plan.RUN_TO_COMPLETION)
                .flatMap(plan ->
                        GUARDED.stream()
                                .flatMap(stage ->
                                        Stream.of(
                                                Arguments.of(plan, stage, "state"),
                                                Arguments.of(plan, stage, "jvm"),
                                                Arguments.of(plan, stage, "assert"))));
    }

    @ParameterizedTest
    @MethodSource("everyStageInBothPlans")
    void shouldFailOneRequest(Plan plan, Stage stage, String kind) {
        Supplier<Throwable> cause =
                switch (kind) {
                    case "state" -> () -> new IllegalStateException("planted");
                    // What a fault in a mapped file becomes.
                    case "jvm" -> () -> new InternalError("planted");
                    default -> () -> new AssertionError("planted");
                };
        try (var running = RunningPipeline.started(plan)) {
            running.lane(0);
            long failing = 2;
            running.handlers.fault = (at, id) -> at == stage && id == failing ? cause.get() : null;
            for (long id = 1; id <= 3; id++) {
                assertThat(running.publish(0, 1000, 1000)).isEqualTo(id);
            }
            assertThat(running.outcome(1).status()).isEqualTo(RequestStatus.OK);
            assertThat(running.outcome(3).status()).isEqualTo(RequestStatus.OK);
            RecordingHandlers.Outcome outcome = running.outcome(failing);
            switch (stage) {
                case JOURNAL ->
                        assertThat(outcome.status()).isEqualTo(RequestStatus.JOURNAL_FAILED);
                case TELEMETRY -> assertThat(outcome.status()).isEqualTo(RequestStatus.OK);
                default -> assertThat(outcome.status()).isEqualTo(RequestStatus.INTERNAL);
            }
            assertThat(outcome.broken())
                    .isEqualTo(stage == Stage.REPLY_JOURNAL || stage == Stage.REPLY);
            assertThat(outcome.cancelled())
                    .as("nothing computes on what nobody will read")
                    .isEqualTo(outcome.broken());
            assertThat(running.rings.counters().get(Counter.STAGE_FAILURES)).isPositive();
            assertThat(running.pipeline.stopped()).isEmpty();
        }
    }
}
