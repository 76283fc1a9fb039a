package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM: what runs is finished, what comes is refused, and the process ends well. */
class ShutdownTest {
    private static final int STREAMS = 8;

    @TempDir Path folder;

    @Test
    void shouldFinishRunningStreamsAndRefuseOthers() throws Exception {
        String request = DemoModelTest.completion("Captain Wentworth", 320, "{\"stream\":true}");
        try (var server =
                        ChildServer.start(
                                folder,
                                "--journal",
                                folder.resolve("journal").toString(),
                                "--drain-timeout",
                                "20");
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new CountDownLatch(STREAMS);
            List<Future<String>> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                streams.add(callers.submit(() -> follow(server, request, running)));
            }
            assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();

            server.terminate();
            boolean refused = false;
            while (!refused) {
                refused = isRefused(server);
            }

            for (Future<String> stream : streams) {
                assertThat(stream.get()).contains("data: [DONE]").contains("\"finish_reason\":\"");
            }
            assertThat(server.exitCode()).isZero();
        }
    }

    private static String follow(ChildServer server, String request, CountDownLatch running) {
        try (var connection = new RawConnection(server.uri())) {
            connection.send(RawConnection.post("/v1/completions", request));
            String begin = connection.readUntil("data: ");
            running.countDown();
            return begin + connection.readUntil("data: [DONE]\n\n");
        }
    }

    /** 503 from a door that drains, or no door at all. */
    private static boolean isRefused(ChildServer server) {
        try {
            Answer answer =
                    server.client()
                            .post("/v1/completions", DemoModelTest.completion("Emma", 1, "{}"));
            if (answer.status() == 503) {
                assertThat(answer.header("retry-after")).isNotEmpty();
                return true;
            }
            assertThat(answer.status()).isEqualTo(200);
            return false;
        } catch (UncheckedIOException e) {
            // The door is closed, or closed while the request was on its way.
            return true;
        }
    }
}
