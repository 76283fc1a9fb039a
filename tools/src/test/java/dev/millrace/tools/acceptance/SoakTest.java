package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything at once, for {@code millrace.soak.seconds}: each answer is what was asked for, and
 * nothing is left of any.
 */
class SoakTest {
    private static final int CLIENTS = 8;
    private static final long MOST_GROWTH_KIB = 64 << 10;
    private static final int SECONDS = Integer.getInteger("millrace.soak.seconds", 20);

    /** In a shorter run the heap and the compilers are still growing. */
    private static final int LONG_ENOUGH_SECONDS = 300;

    @TempDir static Path journal;

    @Test
    void shouldServeAMixOfRequestsForLongAndKeepNothing() throws Exception {
        try (RunningServer server = Setup.recordingTo(journal).start()) {
            // A third of the time warms up: heaps and pools grow to what the mix needs.
            var traffic = new MixedTraffic(server.client(), false);
            soak(traffic, Math.max(1, SECONDS / 3), 1);
            int kept = server.liveKept();
            long before = ownKib();
            soak(traffic, Math.max(1, SECONDS * 2 / 3), 2);
            server.awaitIdle();
            long after = ownKib();

            assertThat(server.liveKept()).as("native objects").isEqualTo(kept);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertNothingRuns(server.client().get("/metrics").text()));
            assertThat(traffic.answers.get()).as("answers").isGreaterThan(SECONDS);
            assertThat(traffic.refused.get()).as("bad requests").isPositive();
            assertThat(traffic.aborted.get()).as("clients that hung up").isPositive();
            System.out.printf(
                    "soak of %d s: %d answers, %d refused, %d aborted, own memory %d -> %d MiB%n",
                    SECONDS,
                    traffic.answers.get(),
                    traffic.refused.get(),
                    traffic.aborted.get(),
                    before >> 10,
                    after >> 10);
            if (SECONDS >= LONG_ENOUGH_SECONDS) {
                assertThat(after - before).as("growth, KiB").isLessThan(MOST_GROWTH_KIB);
            }
        }
    }

    private static void soak(MixedTraffic traffic, int seconds, int seed) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Random random = new Random(100L * seed + i);
                running.add(
                        clients.submit(() -> {
                            while (System.nanoTime() < end) {
                                traffic.request(random);
                            }
                        }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        }
    }

    /** Gauges of generations and of their cache. */
    private static void assertNothingRuns(String metrics) {
        String gauge = "(vllm:num_requests_(running|waiting)|millrace_kv_cache_blocks_used)\\{.*";
        assertThat(metrics.lines().filter(line -> line.matches(gauge)))
                .hasSize(3)
                .allMatch(line -> line.endsWith("} 0.0") || line.endsWith("} 0"));
    }

    /**
     * Resident memory but for mapped files: of the journal's, the first and the last block are
     * mapped, however long it gets, and the last one fills.
     */
    private static long ownKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("RssAnon:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
