package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A lane that is held: the door answers at once, memory stays flat, and service resumes. */
class FullRingTest {
    private static final int PROBES = 200;
    private static final int ROUNDS = 200_000;
    private static final long MAX_GROWTH_KIB = 96 << 10;
    private static final String REQUEST = KServe.json("x", List.of(4), new float[] {1, 2, 3, 4});

    @TempDir Path folder;

    /** Which of the server's bounds is reached first. */
    enum Bound {
        /** Few slots: what the lane has no room for stays in the ring. */
        SLOTS(Counter.REFUSED_RING_FULL, 2, 1024),
        /** Few contexts. */
        IN_FLIGHT(Counter.REFUSED_IN_FLIGHT, 1024, 4);

        final Counter counter;
        final int slots;
        final int inFlight;

        Bound(Counter counter, int slots, int inFlight) {
            this.counter = counter;
            this.slots = slots;
            this.inFlight = inFlight;
        }
    }

    /** An answer and how long it took. */
    private record Timed(Answer answer, long nanos) {}

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAtOnceWhileALaneIsHeldAndThenResume(Bound bound) throws Exception {
        Path models = Files.createDirectories(folder.resolve("models"));
        ScriptModels.slow(models, ROUNDS);
        try (RunningServer server =
                Setup.recordingTo(folder.resolve("journal"))
                        .models(models)
                        .ring(bound.slots, bound.inFlight)
                        .generation(4, 1)
                        .start()) {
            assertAnswered(server.client().post("/v2/models/slow/infer", REQUEST));
            long before = residentKib();

            List<Timed> answers = probe(server);

            List<Timed> refused = answers.stream().filter(a -> a.answer().status() == 503).toList();
            List<Timed> served = answers.stream().filter(a -> a.answer().status() == 200).toList();
            assertThat(refused).as("refused").isNotEmpty();
            assertThat(served).as("served").hasSizeGreaterThanOrEqualTo(3);
            assertThat(refused.size() + served.size()).isEqualTo(PROBES);
            served.forEach(timed -> assertAnswered(timed.answer()));
            for (Timed timed : refused) {
                assertThat(Integer.parseInt(timed.answer().header("retry-after"))).isBetween(1, 60);
                assertThat(timed.answer().error().stringValue()).isNotBlank();
            }
            assertThat(server.counter(bound.counter)).isEqualTo(refused.size());
            assertAnswered(server.client().post("/v2/models/slow/infer", REQUEST));
            long grownKib = residentKib() - before;
            print(bound, refused, served, grownKib);
            assertThat(grownKib).as("resident memory").isLessThan(MAX_GROWTH_KIB);
        }
    }

    /** One request after the other, but none waits for one that was taken. */
    private static List<Timed> probe(RunningServer server) throws Exception {
        List<Timed> answers = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Timed>> probes = new ArrayList<>();
            for (int i = 0; i < PROBES; i++) {
                long taken = server.counter(Counter.REQUESTS_PUBLISHED);
                Future<Timed> probe = callers.submit(() -> timed(server));
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() ->
                                probe.isDone()
                                        || server.counter(Counter.REQUESTS_PUBLISHED) > taken);
                probes.add(probe);
            }
            for (Future<Timed> probe : probes) {
                answers.add(probe.get());
            }
        }
        return answers;
    }

    private static Timed timed(RunningServer server) {
        long start = System.nanoTime();
        Answer answer = server.client().post("/v2/models/slow/infer", REQUEST);
        return new Timed(answer, System.nanoTime() - start);
    }

    private static void assertAnswered(Answer answer) {
        assertThat(KServe.onlyOutput(answer)).containsExactly(2, 4, 6, 8);
    }

    private static void print(
            Bound bound, List<Timed> refused, List<Timed> served, long residentKib) {
        System.out.printf(
                "%s: %d refused (median %d µs), %d served (slowest %d ms),"
                        + " resident memory %+d KiB%n",
                bound,
                refused.size(),
                micros(refused, refused.size() / 2),
                served.size(),
                micros(served, served.size() - 1) / 1000,
                residentKib);
    }

    private static long micros(List<Timed> answers, int rank) {
        return TimeUnit.NANOSECONDS.toMicros(
                answers.stream().mapToLong(Timed::nanos).sorted().skip(rank).findFirst().orElse(0));
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
