package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.journal.JournalPostmortem;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.Random;
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
 * <p>{@code -Dmillrace.kill.requests=10000} and {@code -Dmillrace.kill.rounds=100} run the full
 * count.
 */
class KillTest {
    private static final int REQUESTS = Integer.getInteger("millrace.kill.requests", 2000);
    private static final int ROUNDS = Integer.getInteger("millrace.kill.rounds", 2);
    private static final int CONNECTIONS = 32;
    private static final int STREAMS = 8;

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
    void shouldSayWhichStepWasRunningWhenItWasKilled() throws Exception {
        Path journal = folder.resolve("journal");
        Random random = new Random(11);
        int running = 0;
        for (int round = 0; round < ROUNDS; round++) {
            answered.clear();
            killed = false;
            String name = "round" + round + "-";
            killUnderStreams(journal, name, 1 + random.nextInt(4 * STREAMS));

            JournalPostmortem.Report report = JournalPostmortem.of(journal);

            assertThat(report.damage()).as("round %d", round).isNull();
            assertThat(report.requests())
                    .extracting(JournalPostmortem.Request::clientRequestId)
                    .isNotEmpty()
                    .allSatisfy(request -> assertThat(request).startsWith(name))
                    .doesNotContainAnyElementsOf(answered);
            assertThat(report.lanes()).hasSize(1);
            JournalPostmortem.LaneEnd lane = report.lanes().getFirst();
            assertThat(lane.turn()).isPositive();
            assertThat(lane.running() || betweenSteps(report)).as("%s", report).isTrue();
            running += lane.running() ? 1 : 0;
        }
        System.out.printf(
                "killed %d times: %d times within a step, else between two%n", ROUNDS, running);

        ChildServer.Run said = ChildServer.run(folder, "journal", "postmortem", journal.toString());
        assertThat(said.exitCode()).as("%s", said).isZero();
        assertThat(said.output()).contains("lane 0   " + DemoModelTest.MODEL, "POST /v1/comp");
    }

    /** Whether everything that the lane had begun is answered as far as it got. */
    private static boolean betweenSteps(JournalPostmortem.Report report) {
        return report.requests().stream()
                .noneMatch(request -> request.progress() == JournalPostmortem.Progress.STARTED);
    }

    private void killUnderStreams(Path journal, String round, int answers) throws Exception {
        try (var server = ChildServer.start(folder, "--journal", journal.toString());
                ExecutorService callers = Executors.newFixedThreadPool(STREAMS)) {
            for (int i = 0; i < STREAMS; i++) {
                String name = round + i;
                // Lengths of their own: no moment at which all of them end.
                int tokens = 25 + 9 * i;
                callers.execute(() -> streamUntilKilled(server.client(), name, tokens));
            }
            while (answered.size() < answers) {
                assertThat(callers.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
            }
            killed = true;
            server.kill();
            callers.shutdown();
            assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void streamUntilKilled(Client client, String caller, int tokens) {
        for (int i = 0; !killed; i++) {
            String name = caller + "-" + i;
            try {
                Answer answer =
                        client.send(
                                client.request("/v1/completions")
                                        .header("content-type", "application/json")
                                        .header("x-request-id", name)
                                        .POST(
                                                BodyPublishers.ofString(
                                                        DemoModelTest.completion(
                                                                "Emma " + i,
                                                                tokens,
                                                                "{\"stream\":true}")))
                                        .build());
                assertThat(answer.status()).isEqualTo(200);
                answered.add(name);
            } catch (UncheckedIOException | AssertionError e) {
                if (!killed) {
                    throw e;
                }
            }
        }
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
