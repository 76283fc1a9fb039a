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
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

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

    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger aborted = new AtomicInteger();

    @Test
    void shouldServeAMixOfRequestsForLongAndKeepNothing() throws Exception {
        try (RunningServer server = Setup.recordingTo(journal).start()) {
            // A third of the time warms up: heaps and pools grow to what the mix needs.
            soak(server, Math.max(1, SECONDS / 3), 1);
            int kept = server.liveKept();
            long before = residentKib();
            soak(server, Math.max(1, SECONDS * 2 / 3), 2);
            server.awaitIdle();
            long after = residentKib();

            assertThat(server.liveKept()).as("native objects").isEqualTo(kept);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertNothingRuns(server.client().get("/metrics").text()));
            assertThat(answers.get()).as("answers").isGreaterThan(SECONDS);
            assertThat(refused.get()).as("bad requests").isPositive();
            assertThat(aborted.get()).as("clients that hung up").isPositive();
            System.out.printf(
                    "soak of %d s: %d answers, %d refused, %d aborted, resident %d -> %d MiB%n",
                    SECONDS,
                    answers.get(),
                    refused.get(),
                    aborted.get(),
                    before >> 10,
                    after >> 10);
            if (SECONDS >= LONG_ENOUGH_SECONDS) {
                assertThat(after - before).as("growth, KiB").isLessThan(MOST_GROWTH_KIB);
            }
        }
    }

    private void soak(RunningServer server, int seconds, int seed) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Random random = new Random(100L * seed + i);
                running.add(
                        clients.submit(() -> {
                            while (System.nanoTime() < end) {
                                request(server, random);
                            }
                        }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        }
    }

    private void request(RunningServer server, Random random) {
        int seed = random.nextInt(1000);
        switch (random.nextInt(9)) {
            case 0 -> golden(server, random, false);
            case 1 -> golden(server, random, true);
            case 2 ->
                    whole(server, 24, "{\"temperature\":1,\"top_p\":0.9,\"seed\":" + seed + "}", 1);
            case 3 -> whole(server, 12, "{\"temperature\":1,\"n\":3,\"best_of\":4}", 3);
            case 4 -> form(server, seed);
            case 5 -> logprobs(server);
            case 6 -> longPrompt(server, random);
            case 7 -> refusal(server, random);
            default -> abort(server, random);
        }
    }

    private void golden(RunningServer server, Random random, boolean stream) {
        List<Golden.Continuation> all = Golden.austen();
        Golden.Continuation golden = all.get(random.nextInt(all.size()));
        int tokens = golden.ids().length;
        String text;
        if (stream) {
            String body = DemoModelTest.completion(golden.prompt(), tokens, "{\"stream\":true}");
            text = Sse.completionText(server.client().stream("/v1/completions", body));
        } else {
            String body = DemoModelTest.completion(golden.prompt(), tokens, "{}");
            Answer answer = server.client().post("/v1/completions", body);
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            text = answer.json().path("choices").path(0).path("text").asString();
        }
        assertThat(text).isEqualTo(golden.text());
        answers.incrementAndGet();
    }

    private JsonNode whole(RunningServer server, int tokens, String more, int choices) {
        return whole(server, "Mr. Darcy", tokens, more, choices);
    }

    private JsonNode whole(
            RunningServer server, String prompt, int tokens, String more, int choices) {
        Answer answer =
                server.client()
                        .post("/v1/completions", DemoModelTest.completion(prompt, tokens, more));
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        JsonNode found = answer.json().path("choices");
        assertThat(found.size()).as("%s", answer).isEqualTo(choices);
        found.forEach(choice ->
                assertThat(choice.path("finish_reason").asString())
                        .as("%s", answer)
                        .isIn("stop", "length"));
        answers.incrementAndGet();
        return found;
    }

    private void form(RunningServer server, int seed) {
        String more =
                "{\"temperature\":1,\"seed\":"
                        + seed
                        + ",\"structured_outputs\":{\"regex\":\"(Emma|Anne) is [1-9][0-9]\"}}";
        assertThat(whole(server, 64, more, 1).path(0).path("text").asString())
                .matches("(Emma|Anne) is [1-9][0-9]");
    }

    private void logprobs(RunningServer server) {
        JsonNode told = whole(server, 8, "{\"logprobs\":3}", 1).path(0).path("logprobs");
        assertThat(told.path("tokens").size()).isEqualTo(8);
        told.path("token_logprobs")
                .forEach(logprob -> assertThat(logprob.asDouble()).isLessThanOrEqualTo(0));
    }

    private void longPrompt(RunningServer server, Random random) {
        String prompt = "It was the best of all ".repeat(10 + random.nextInt(30));
        whole(server, prompt, 4, "{}", 1);
    }

    private void refusal(RunningServer server, Random random) {
        String body =
                switch (random.nextInt(3)) {
                    case 0 -> DemoModelTest.completion("Emma", 4, "{\"temperature\":-1}");
                    case 1 -> "{\"model\":";
                    default ->
                            DemoModelTest.completion(
                                    "Emma", 4, "{\"structured_outputs\":{\"regex\":\"(a\"}}");
                };
        Answer answer = server.client().post("/v1/completions", body);
        assertThat(answer.status()).as("%s", answer).isEqualTo(400);
        assertThat(answer.error().path("message").asString()).isNotBlank();
        refused.incrementAndGet();
    }

    private void abort(RunningServer server, Random random) {
        String body =
                DemoModelTest.completion(
                        "Captain Wentworth", 400, "{\"stream\":true,\"temperature\":1}");
        try (var connection = new RawConnection(server.uri())) {
            connection.send(RawConnection.post("/v1/completions", body));
            if (random.nextBoolean()) {
                connection.readUntil("data: ");
            }
            connection.reset();
        }
        aborted.incrementAndGet();
    }

    /** Gauges of generations and of their cache. */
    private static void assertNothingRuns(String metrics) {
        String gauge = "(vllm:num_requests_(running|waiting)|millrace_kv_cache_blocks_used)\\{.*";
        assertThat(metrics.lines().filter(line -> line.matches(gauge)))
                .hasSize(3)
                .allMatch(line -> line.endsWith("} 0.0") || line.endsWith("} 0"));
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }
}
