package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that goes away costs the others nothing and leaves nothing behind. */
class DisconnectsTest {
    private static final int STORM = 200;

    @TempDir static Path journal;
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = Setup.recordingTo(journal).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String longStream(int i) {
        return RawConnection.post(
                "/v1/completions",
                DemoModelTest.completion(
                        "Captain Wentworth",
                        480,
                        "{\"stream\":true,\"temperature\":1,\"seed\":" + i + "}"));
    }

    @Test
    void shouldStopAGenerationWhoseClientHungUp() {
        server.awaitIdle();
        try (var connection = new RawConnection(server.uri())) {
            connection.send(longStream(1));
            connection.readUntil("data: ");
            assertThat(server.inFlight()).isEqualTo(1);
            long tokens = server.counter(Counter.GENERATED_TOKENS);
            connection.reset();

            server.awaitIdle();

            assertThat(server.counter(Counter.GENERATED_TOKENS) - tokens).isLessThan(470);
        }
        assertThat(server.counter(Counter.CANCELS_PUBLISHED)).isPositive();
    }

    @Test
    void shouldStopAGenerationWhoseClientStopsReading() {
        server.awaitIdle();
        long tokens = server.counter(Counter.GENERATED_TOKENS);
        long dropped = server.counter(Counter.SLOW_READERS_DROPPED);
        // Some 20 MB, more than the kernel and http.stream-buffer-bytes take for it.
        String request =
                DemoModelTest.completion(
                        "Captain Wentworth",
                        480,
                        "{\"stream\":true,\"temperature\":1,\"seed\":1,\"n\":16,\"logprobs\":20}");
        try (var connection = new RawConnection(server.uri(), 4 << 10)) {
            connection.send(RawConnection.post("/v1/completions", request));
            connection.readUntil("data: ");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> server.counter(Counter.SLOW_READERS_DROPPED) > dropped);
            server.awaitIdle();
        }
        assertThat(server.counter(Counter.GENERATED_TOKENS) - tokens).isLessThan(16 * 480);
    }

    @Test
    void shouldSurviveTwoHundredClientsThatHangUp() throws Exception {
        Golden.Continuation golden = Golden.austen().getFirst();
        String survivor =
                DemoModelTest.completion(golden.prompt(), golden.ids().length, "{\"stream\":true}");
        server.client().stream("/v1/completions", survivor);
        int kept = server.liveKept();

        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> storm = new ArrayList<>();
            for (int i = 0; i < STORM; i++) {
                int client = i;
                storm.add(callers.submit(() -> hangUp(client)));
            }
            List<Future<String>> survivors = new ArrayList<>();
            Callable<String> stay =
                    () -> Sse.completionText(server.client().stream("/v1/completions", survivor));
            for (int i = 0; i < 4; i++) {
                survivors.add(callers.submit(stay));
            }
            for (Future<String> answer : survivors) {
                assertThat(answer.get()).isEqualTo(golden.text());
            }
            for (Future<?> client : storm) {
                client.get();
            }
        }

        server.awaitIdle();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> assertThat(server.liveKept()).as("native objects").isEqualTo(kept));
        assertThat(Sse.completionText(server.client().stream("/v1/completions", survivor)))
                .isEqualTo(golden.text());
    }

    /** Some before their request is whole, some before the answer, some in the middle of it. */
    private static void hangUp(int client) {
        try (var connection = new RawConnection(server.uri())) {
            String request = longStream(client);
            switch (client % 4) {
                case 0 -> connection.send(request.substring(0, request.length() / 2));
                case 1 -> connection.send(request);
                default -> {
                    connection.send(request);
                    connection.readUntil("data: ");
                }
            }
            if (client % 2 == 0) {
                connection.reset();
            }
        }
    }
}
