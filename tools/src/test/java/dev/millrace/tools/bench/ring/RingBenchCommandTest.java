package dev.millrace.tools.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RingBenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int bench(String... more) {
        var arguments = new ArrayList<>(List.of("bench", "ring"));
        arguments.addAll(List.of(more));
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments.toArray(String[]::new));
    }

    @Test
    void shouldMeasureEveryPlanWithAndWithoutAJournal() {
        assertThat(bench("--seconds", "1", "--warm-up", "0", "--json")).as("%s", err).isZero();
        JsonNode report = JsonMapper.shared().readTree(out.toString());
        assertThat(report.path("bodyBytes").asInt()).isEqualTo(128);
        var runs = new ArrayList<String>();
        for (JsonNode run : report.path("runs")) {
            runs.add(run.path("plan").asString() + " " + run.path("journal").asBoolean());
            assertThat(run.path("requests").asLong()).isPositive();
            double p50 = run.path("latencyMillis").path("p50").asDouble();
            assertThat(p50).isPositive();
            assertThat(run.path("latencyMillis").path("max").asDouble())
                    .isGreaterThanOrEqualTo(p50);
            boolean together = run.path("plan").asString().equals("run-to-completion");
            assertThat(
                            run.path("threads")
                                    .path(together ? "load" : "lane-null")
                                    .path("cpuNanos")
                                    .asDouble())
                    .isPositive();
        }
        assertThat(runs)
                .containsExactly(
                        "compact false",
                        "compact true",
                        "pipelined false",
                        "pipelined true",
                        "run-to-completion false",
                        "run-to-completion true");
    }

    @Test
    void shouldPrintATable() {
        assertThat(bench("--plan", "compact", "--journal", "off", "--seconds", "1")).isZero();
        assertThat(out.toString())
                .contains("bodies of 128 bytes")
                .containsPattern("(?m)^compact +off +\\d+ ")
                .containsPattern("(?m)^ +front +\\d+ ns of CPU +\\d+\\.\\d\\d bytes a request$");
    }

    @Test
    void shouldRefuseWhatItCannotMeasure() {
        assertThat(bench("--plan", "wide")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--plan: 'wide'")
                .contains("compact, pipelined, run-to-completion or all");
        assertThat(bench("--journal", "maybe")).isEqualTo(2);
        assertThat(bench("--body", "100")).isEqualTo(2);
        assertThat(err.toString()).contains("--body: '100'").contains("a multiple of 16");
        assertThat(bench("--in-flight", "3")).isEqualTo(2);
        assertThat(err.toString()).contains("ring.in-flight");
    }
}
