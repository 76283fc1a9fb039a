package dev.millrace.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is counted is what ran; speeds are only checked to agree with each other. */
class ModelBenchCommandTest {
    private static final String SHAPE =
            """
            {"architectures":["LlamaForCausalLM"],"vocab_size":320,"hidden_size":64,
             "intermediate_size":96,"num_hidden_layers":2,"num_attention_heads":4,
             "num_key_value_heads":2,"max_position_embeddings":128,"eos_token_id":2}
            """;

    /** By hand: the head, the last norm, and 2 layers of q and o, k and v, the MLP, two norms. */
    private static final long STEP_WEIGHTS =
            320 * 64 + 64 + 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64 + 2 * 64);

    @TempDir Path parent;

    private Path folder = Path.of("");
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @BeforeEach
    void writeAModel() throws IOException {
        Path config = Files.writeString(parent.resolve("config.json"), SHAPE);
        folder = parent.resolve("tiny");
        assertThat(
                        millrace(
                                "model",
                                "random",
                                "--like",
                                config.toString(),
                                "--out",
                                folder.toString()))
                .isZero();
    }

    private int bench(String... more) {
        var arguments = new java.util.ArrayList<>(java.util.List.of("bench", "model"));
        arguments.add(folder.toString());
        arguments.addAll(java.util.List.of(more));
        return millrace(arguments.toArray(String[]::new));
    }

    @Test
    void shouldMeasureWhatRan() {
        int keptBefore = TensorScope.liveKept();
        assertThat(
                        bench(
                                "--prompt",
                                "5",
                                "--tokens",
                                "20",
                                "--concurrency",
                                "1,3",
                                "--rounds",
                                "2",
                                "--json"))
                .as("%s", err)
                .isZero();
        JsonNode report = JsonMapper.shared().readTree(out.toString());
        assertThat(report.path("model").asString()).isEqualTo("tiny");
        assertThat(report.path("weightBytesPerStep").asLong()).isEqualTo(4 * STEP_WEIGHTS);
        assertThat(report.path("runs").size()).isEqualTo(2);
        JsonNode one = report.path("runs").path(0).path("load");
        assertThat(one.path("generatedTokens").asLong()).isEqualTo(2 * 20);
        // One step computes the prompt and samples the first token.
        assertThat(one.path("steps").asLong()).isEqualTo(2 * 20);
        assertThat(one.path("tokensPerStep").asDouble()).isEqualTo((5 + 19) / 20.0);
        JsonNode three = report.path("runs").path(1).path("load");
        assertThat(three.path("generatedTokens").asLong()).isEqualTo(3 * 2 * 20);
        assertThat(three.path("steps").asLong()).isBetween(2 * 20L, 3 * 2 * 20L);
        for (JsonNode run : report.path("runs")) {
            assertPlausible(run.path("load"));
            assertThat(run.path("bandwidthShare").asDouble()).isPositive();
        }
        assertThat(TensorScope.liveKept()).isEqualTo(keptBefore);
    }

    private static void assertPlausible(JsonNode load) {
        double seconds = load.path("seconds").asDouble();
        assertThat(load.path("tokensPerSecond").asDouble() * seconds)
                .isCloseTo(
                        load.path("generatedTokens").asDouble(),
                        org.assertj.core.data.Percentage.withPercentage(0.1));
        assertThat(load.path("stepShare").asDouble()).isPositive().isLessThan(1);
        double firstTokenSeconds = load.path("firstTokenMillis").path("p50").asDouble() / 1000;
        assertThat(load.path("promptTokensPerSecond").asDouble() * firstTokenSeconds)
                .isCloseTo(5, org.assertj.core.data.Offset.offset(1e-6));
        assertAddsUp(load.path("breakdown"));
        for (String name : new String[] {"firstTokenMillis", "interTokenMillis", "stepMillis"}) {
            double p50 = load.path(name).path("p50").asDouble();
            assertThat(p50).as(name).isPositive().isLessThan(1000 * seconds);
            assertThat(load.path(name).path("p99").asDouble()).as(name).isGreaterThanOrEqualTo(p50);
        }
    }

    /** The share outside the model against the parts of the mean step. */
    private static void assertAddsUp(JsonNode mean) {
        double outside = 0;
        for (String part : new String[] {"planMillis", "sampleMillis", "restMillis"}) {
            assertThat(mean.path(part).asDouble()).as(part).isPositive();
            outside += mean.path(part).asDouble();
        }
        double model = mean.path("modelMillis").asDouble();
        assertThat(model).isPositive();
        assertThat(mean.path("outsideModelShare").asDouble())
                .isCloseTo(outside / (outside + model), org.assertj.core.data.Offset.offset(1e-9));
    }

    @Test
    void shouldMeasureStreamsWhileLongPromptsArrive() {
        assertThat(
                        bench(
                                "--prompt",
                                "5",
                                "--tokens",
                                "20",
                                "--concurrency",
                                "3",
                                "--intruder-prompt",
                                "100",
                                "--json"))
                .as("%s", err)
                .isZero();
        JsonNode report = JsonMapper.shared().readTree(out.toString());
        assertThat(report.path("intruderTokens").asInt()).isEqualTo(100);
        JsonNode load = report.path("runs").path(0).path("load");
        assertThat(load.path("generatedTokens").asLong()).isEqualTo(3 * 20);
        long intruders = load.path("intruders").asLong();
        assertThat(intruders).isPositive();
        assertThat(load.path("intruderMillis").path("p50").asDouble()).isPositive();
        assertThat(load.path("tokensPerStep").asDouble() * load.path("steps").asLong())
                .isCloseTo(
                        (double) (3 * (5 + 19) + intruders * 100),
                        org.assertj.core.data.Offset.offset(1e-6));
    }

    @Test
    void shouldCountTheBytesOfTheFormatThatWasLoaded() {
        long vectors = 64 + 2 * 2 * 64;
        for (String dtype : new String[] {"float16", "auto"}) {
            assertThat(
                            bench(
                                    "--prompt",
                                    "3",
                                    "--tokens",
                                    "2",
                                    "--concurrency",
                                    "1",
                                    "--dtype",
                                    dtype,
                                    "--json"))
                    .as("%s", err)
                    .isEqualTo(0);
            JsonNode report = JsonMapper.shared().readTree(out.toString());
            String weights = report.path("weights").asString();
            long each = weights.equals("float32") ? 4 : 2;
            assertThat(report.path("weightBytesPerStep").asLong())
                    .isEqualTo(each * (STEP_WEIGHTS - vectors) + 4 * vectors);
            if (dtype.equals("auto")) {
                assertThat(report.path("weightsMeasured").asString()).contains(weights + " ");
            } else {
                assertThat(weights).isEqualTo(dtype);
                assertThat(report.path("weightsMeasured").asString()).isEmpty();
            }
        }
    }

    @Test
    void shouldPrintATable() {
        assertThat(bench("--prompt", "3", "--tokens", "2", "--concurrency", "2")).isZero();
        assertThat(out.toString().lines().toList())
                .hasSize(7)
                .first()
                .asString()
                .isEqualTo(
                        "tiny: prompts of 3 tokens, answers of 2, intruders of 0, engine threads 1");
        assertThat(out.toString())
                .containsPattern("(?m)^ +2 +\\d+\\.\\d .* 0 +0\\.00$")
                .containsPattern("(?m)^ +2 +\\d+\\.\\d\\d .*%$");
    }

    @Test
    void shouldRefuseWhatCannotBeMeasured() {
        assertThat(bench("--prompt", "100", "--tokens", "29")).isEqualTo(1);
        assertThat(err.toString()).contains("request refused").contains("128");
        assertThat(bench("--concurrency", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--concurrency: '0'").contains("1 to 512");
        folder = parent.resolve("none");
        assertThat(bench()).isEqualTo(2);
        assertThat(err.toString()).contains("none").contains("a model's folder");
    }
}
