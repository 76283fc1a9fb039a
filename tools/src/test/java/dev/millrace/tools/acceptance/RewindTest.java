package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ThreadsConfig.Plan;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What was answered is computed again, bit for bit, from the journal alone. */
class RewindTest {
    private static final int REQUESTS = Integer.getInteger("millrace.rewind.requests", 150);
    private static final int TIMES = Integer.getInteger("millrace.rewind.times", 1);
    private static final int CLIENTS = 32;

    /** Few enough that generations are preempted. */
    private static final int CACHE_TOKENS = 448;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({"COMPACT, 2", "PIPELINED, 1", "RUN_TO_COMPLETION, 1"})
    void shouldRepeatEveryAnswerExactly(Plan plan, int threads) throws Exception {
        Path journal = folder.resolve("journal");
        boolean models = Files.isDirectory(Shared.root().resolve("models"));
        record(setup(journal, models).plan(plan).engineThreads(threads), models, 1);
        record(setup(journal, models).plan(plan).engineThreads(threads), models, 2);
        Path copy = copy(journal, folder.resolve("elsewhere"));

        for (int i = 0; i < TIMES; i++) {
            JsonNode report = verify(copy, 0);

            assertThat(report.path("summary").path("requests").asInt())
                    .isGreaterThanOrEqualTo(2 * REQUESTS);
            assertThat(report.path("summary").path("exact").asBoolean()).isTrue();
            System.out.println("rewind, " + plan + ": " + report.path("summary"));
        }
    }

    private static Setup setup(Path journal, boolean models) {
        Setup setup = Setup.recordingTo(journal).cacheTokens(CACHE_TOKENS);
        return models ? setup.models(Shared.models()) : setup;
    }

    private static void record(Setup setup, boolean models, int seed) throws Exception {
        try (RunningServer server = setup.start()) {
            var traffic = new MixedTraffic(server.client(), models);
            var left = new AtomicInteger(REQUESTS);
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    Random random = new Random(100L * seed + i);
                    running.add(
                            clients.submit(() -> {
                                while (left.getAndDecrement() > 0) {
                                    traffic.request(random);
                                }
                            }));
                }
                for (Future<?> client : running) {
                    client.get();
                }
            }
            server.awaitIdle();
            String metrics = server.client().get("/metrics").text();
            assertThat(metrics.lines().filter(line -> line.startsWith("vllm:num_preemptions")))
                    .anyMatch(line -> !line.endsWith(" 0.0"));
        }
    }

    private static Path copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    private static JsonNode verify(Path journal, int exitCode) {
        var out = new StringWriter();
        int code =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .execute("replay", journal.toString(), "--verify", "--json");
        assertThat(code).as(out.toString()).isEqualTo(exitCode);
        return Json.parse(out.toString());
    }
}
