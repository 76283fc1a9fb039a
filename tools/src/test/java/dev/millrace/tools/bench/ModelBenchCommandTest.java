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
        for (String name : new String[] {"firstTokenMillis", "interTokenMillis", "stepMillis"}) {
            double p50 = load.path(name).path("p50").asDouble();
            assertThat(p50).as(name).isPositive().isLessThan(1000 * seconds);
            assertThat(load.path(name).path("p99").asDouble()).as(name).isGreaterThanOrEqualTo(p50);
        }
    }

    @Test
    void shouldPrintATable() {
        assertThat(bench("--prompt", "3", "--tokens", "2", "--concurrency", "2")).isZero();
        assertThat(out.toString().lines().toList())
                .hasSize(5)
                .first()
                .asString()
                .isEqualTo("tiny: prompts of 3 tokens, answers of 2, engine threads 1");
        assertThat(out.toString()).containsPattern("(?m)^ +2 +\\d+\\.\\d .*%$");
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
