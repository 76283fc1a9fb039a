package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Recorded traffic under another policy, and with other weights. */
@TestInstance(Lifecycle.PER_CLASS)
class WhatIfTest {
    private static final int CLIENTS = 12;
    private static final int REQUESTS = 6;

    @TempDir static Path folder;
    private Path journal = Path.of("");

    @BeforeAll
    void record() throws Exception {
        journal = folder.resolve("journal");
        boolean models = Files.isDirectory(Shared.root().resolve("models"));
        Setup setup = Setup.recordingTo(journal);
        try (RunningServer server = (models ? setup.models(Shared.models()) : setup).start();
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var traffic = new MixedTraffic(server.client(), models);
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Random random = new Random(i);
                running.add(
                        clients.submit(() -> {
                            for (int j = 0; j < REQUESTS; j++) {
                                traffic.request(random);
                            }
                        }));
            }
            for (Future<?> client : running) {
                client.get();
            }
            server.awaitIdle();
        }
    }

    @Test
    void shouldGiveTheSameAnswersUnderThePolicyOnRecord() {
        JsonNode report = whatIf(0, "--set", "generation.slots=16");

        JsonNode all = report.path("all");
        assertThat(all.path("requests").asInt()).isGreaterThan(CLIENTS * REQUESTS / 2);
        // All but those that were answered from the record, which no policy changes.
        assertThat(all.path("compared").asInt() + all.path("not_comparable").asInt())
                .isEqualTo(all.path("requests").asInt());
        assertThat(all.path("compared").asInt()).isGreaterThan(CLIENTS * REQUESTS / 2);
        assertThat(all.path("same_rate").asDouble()).isEqualTo(1);
        assertThat(report.path("baseline").path("same_rate").asDouble()).isEqualTo(1);
        assertThat(report.path("different").size()).isZero();
        assertThat(all.path("texts").path("edit_distance_mean").asDouble()).isZero();
        assertThat(all.path("whole_answer").path("what_if_millis").path("p50").asDouble())
                .isPositive();
    }

    @Test
    void shouldAnswerInTurnWhereThereIsOneSlot() {
        JsonNode report =
                whatIf(0, "--set", "generation.slots=1", "--set", "generation.chunk-tokens=8");

        JsonNode all = report.path("all");
        assertThat(all.path("same_rate").asDouble()).isEqualTo(1);
        assertThat(all.path("texts").path("replayed_tokens").asLong())
                .isEqualTo(all.path("texts").path("recorded_tokens").asLong());
        // A step of one slot gives one token at most.
        assertThat(report.path("steps").asLong())
                .isGreaterThanOrEqualTo(report.path("tokens").asLong());
        assertThat(all.path("whole_answer").path("ratio").path("p99").isNumber()).isTrue();
    }

    @Test
    void shouldSayWhatRoundedWeightsChange() throws Exception {
        Path page = folder.resolve("report.html");
        JsonNode report =
                whatIf(
                        1,
                        "--set",
                        "models.dtype=bfloat16",
                        "--no-baseline",
                        "--html",
                        page.toString());

        JsonNode all = report.path("all");
        assertThat(report.path("baseline").isNull()).isTrue();
        assertThat(all.path("same_rate").asDouble()).isBetween(0.1, 0.99);
        assertThat(all.path("diverged").asInt()).isPositive();
        JsonNode texts = all.path("texts");
        assertThat(texts.path("different").asInt()).isPositive();
        assertThat(texts.path("first_divergence_mean").asDouble()).isPositive();
        assertThat(texts.path("edit_distance_mean").asDouble()).isBetween(1e-6, 0.9);
        JsonNode first = report.path("different").path(0);
        assertThat(first.path("recorded").asString())
                .isNotEqualTo(first.path("replayed").asString());
        assertThat(Files.readString(page))
                .contains("What if: models.dtype=bfloat16")
                .contains(first.path("request").asString());
    }

    @Test
    void shouldSayWhatOtherWeightsChange() throws Exception {
        Path models = folder.resolve("other");
        weaken(DemoModel.extractTo(models).resolve("model.safetensors"));
        JsonNode report = whatIf(1, "--models", models.toString(), "--no-baseline");

        JsonNode all = report.path("all");
        assertThat(all.path("diverged").asInt()).isPositive();
        assertThat(all.path("same_rate").asDouble()).isLessThan(0.99);
        assertThat(all.path("texts").path("edit_distance_mean").asDouble()).isPositive();
        assertThat(report.path("different").path(0).path("model").asString())
                .startsWith("austen-2.8m");
    }

    /** Takes a tenth off the last hundred thousand weights. */
    private static void weaken(Path safetensors) throws IOException {
        try (FileChannel file =
                FileChannel.open(safetensors, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            int bytes = 400_000;
            ByteBuffer weights =
                    file.map(FileChannel.MapMode.READ_WRITE, file.size() - bytes, bytes)
                            .order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < bytes; i += Float.BYTES) {
                weights.putFloat(i, 0.9f * weights.getFloat(i));
            }
        }
    }

    @Test
    void shouldRefuseASettingThatComputesNothing() {
        assertThat(execute(2, "--set", "http.port=1"))
                .contains("http.port=1")
                .contains("generation.*");
        assertThat(execute(2)).contains("--what-if needs --models DIR, --set key=value");
        assertThat(execute(2, "--set", "generation.slots=0")).contains("generation.slots");
        assertThat(execute(2, "--models", folder.toString())).contains("--models");
    }

    private JsonNode whatIf(int exitCode, String... more) {
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.add("--json");
        return Json.parse(execute(exitCode, arguments.toArray(String[]::new)));
    }

    /** What is printed on standard output, or where that is nothing on standard error. */
    private String execute(int exitCode, String... more) {
        var out = new StringWriter();
        var err = new StringWriter();
        List<String> arguments =
                new ArrayList<>(List.of("replay", journal.toString(), "--what-if"));
        arguments.addAll(List.of(more));
        int code =
                Main.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .setErr(new PrintWriter(err, true))
                        .execute(arguments.toArray(String[]::new));
        assertThat(code).as("%s%s", out, err).isEqualTo(exitCode);
        System.out.println("what if " + arguments + ": " + out);
        return out.toString().isEmpty() ? err.toString() : out.toString();
    }
}
