package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.ThreadsConfig.Plan;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An idle server uses no CPU, and wakes. */
@Timeout(30)
class IdleTest {
    private static final Set<String> NAMES =
            Set.of(
                    "front",
                    "back",
                    "journal",
                    "decode",
                    "rate-limit",
                    "batch",
                    "reply-journal",
                    "reply",
                    "telemetry",
                    "stages",
                    "lane-0");

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldParkEveryThreadWhileThereIsNothingToDo(Plan plan) {
        try (var running = RunningPipeline.started(plan)) {
            running.lane(0);
            for (int i = 0; i < 100; i++) {
                running.outcome(running.publish(0));
            }
            List<Thread> threads = stageThreads();
            assertThat(threads)
                    .hasSize(
                            switch (plan) {
                                case COMPACT -> 3;
                                case RUN_TO_COMPLETION -> 2;
                                default -> 8;
                            });
            await().until(() -> threads.stream().allMatch(IdleTest::parked));

            // CPU time does not depend on what else the machine does: a thread that spun or slept
            // 50 µs at a time would use far more of it in a second than this.
            long before = cpuNanos(threads);
            long until = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            await().pollInterval(Duration.ofMillis(200)).until(() -> System.nanoTime() - until > 0);
            assertThat(cpuNanos(threads) - before)
                    .isLessThan(threads.size() * Duration.ofMillis(5).toNanos());

            assertThat(running.outcome(running.publish(0)).status()).isEqualTo(RequestStatus.OK);
        }
    }

    private static List<Thread> stageThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> NAMES.contains(thread.getName()) && thread.isAlive())
                .toList();
    }

    private static boolean parked(Thread thread) {
        return thread.getState() == Thread.State.TIMED_WAITING
                || thread.getState() == Thread.State.WAITING;
    }

    private static long cpuNanos(List<Thread> threads) {
        var bean = ManagementFactory.getThreadMXBean();
        return threads.stream().mapToLong(thread -> bean.getThreadCpuTime(thread.threadId())).sum();
    }
}
