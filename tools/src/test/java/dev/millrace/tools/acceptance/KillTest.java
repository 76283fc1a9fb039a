package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that dies in the middle of everything has on record whatever any client received.
 *
 * <p>{@code -Dmillrace.kill.requests=10000} runs the full count.
 */
class KillTest {
    private static final int REQUESTS = Integer.getInteger("millrace.kill.requests", 2000);
    private static final int CONNECTIONS = 32;

    @TempDir Path folder;

    private final Queue<String> answered = new ConcurrentLinkedQueue<>();
    private final AtomicInteger sent = new AtomicInteger();
    private volatile boolean killed;

    @Test
    void shouldHaveEveryAnswerAClientReceivedOnRecord() throws Exception {
        Path journal = folder.resolve("journal");
        try (var server = ChildServer.start(folder, "--journal", journal.toString());
                ExecutorService callers = Executors.newFixedThreadPool(CONNECTIONS)) {
            for (int i = 0; i < CONNECTIONS; i++) {
                callers.execute(() -> callUntilKilled(server.client()));
            }
            while (answered.size() < REQUESTS / 2) {
                assertThat(callers.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
            }
            killed = true;
            server.kill();
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        Path expected = Files.write(folder.resolve("expected.txt"), answered);

        ChildServer.Run verify =
                ChildServer.run(
                        folder,
                        "journal",
                        "verify",
                        journal.toString(),
                        "--expect",
                        expected.toString());

        System.out.printf(
                "killed after %d of %d requests were answered: %s%n",
                answered.size(), sent.get(), verify.output().strip());
        assertThat(verify.exitCode()).as("%s", verify).isZero();
    }

    @Test
    void shouldMissAnAnswerThatIsNotOnRecord() throws Exception {
        Path journal = folder.resolve("journal");
        try (var server = ChildServer.start(folder, "--journal", journal.toString())) {
            call(server.client(), 0);
            server.terminate();
            assertThat(server.exitCode()).isZero();
        }
        answered.add("cmpl-00000000deadbeef");
        Path expected = Files.write(folder.resolve("expected.txt"), answered);

        ChildServer.Run verify =
                ChildServer.run(
                        folder,
                        "journal",
                        "verify",
                        journal.toString(),
                        "--expect",
                        expected.toString());

        assertThat(verify.exitCode()).as("%s", verify).isNotZero();
        assertThat(verify.output() + verify.errors()).contains("deadbeef");
    }

    private void callUntilKilled(Client client) {
        while (!killed) {
            int number = sent.getAndIncrement();
            if (number >= REQUESTS) {
                return;
            }
            try {
                call(client, number);
            } catch (UncheckedIOException | AssertionError e) {
                if (!killed) {
                    throw e;
                }
                // Cut off by the kill: what was not received whole is not expected.
                return;
            }
        }
    }

    /** Whole answers, streams and refusals in turn. */
    private void call(Client client, int number) throws UncheckedIOException {
        String request =
                switch (number % 4) {
                    case 0 -> DemoModelTest.completion("Emma " + number, 3, "{\"stream\":true}");
                    case 1 -> DemoModelTest.completion("Emma " + number, 3, "{\"top_p\":7}");
                    default -> DemoModelTest.completion("Emma " + number, 2, "{}");
                };
        Answer answer =
                client.send(
                        client.request("/v1/completions")
                                .header("content-type", "application/json")
                                .POST(BodyPublishers.ofString(request))
                                .build());
        assertThat(answer.status()).isEqualTo(number % 4 == 1 ? 400 : 200);
        String id = answer.header("x-request-id");
        assertThat(id).isNotBlank();
        answered.add(id);
    }
}
