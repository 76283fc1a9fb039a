package dev.millrace.tools.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.millrace.config.ModelsConfig;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The client's counts, against a server of ours and against servers that misbehave. */
class HttpBenchCommandTest {
    private static final String SHAPE =
            """
            {"architectures":["LlamaForCausalLM"],"vocab_size":320,"hidden_size":64,
             "intermediate_size":96,"num_hidden_layers":2,"num_attention_heads":4,
             "num_key_value_heads":2,"max_position_embeddings":128,"eos_token_id":2}
            """;

    private static final String TWO_TOKENS =
            """
            data: {"choices":[{"text":"a"}]}

            data: {"choices":[{"text":"b"}]}

            data: {"choices":[],"usage":{"completion_tokens":2}}

            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int millrace(String... arguments) {
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private int bench(String url, String... more) {
        var arguments = new ArrayList<>(List.of("bench", "http", url, "--vocabulary", "320"));
        arguments.addAll(List.of(more));
        return millrace(arguments.toArray(String[]::new));
    }

    @Test
    void shouldMeasureAServer(@TempDir Path parent) throws IOException {
        Path config = Files.writeString(parent.resolve("config.json"), SHAPE);
        String folder = parent.resolve("tiny").toString();
        assertThat(millrace("model", "random", "--like", config.toString(), "--out", folder))
                .isZero();
        out.getBuffer().setLength(0);
        try (var server =
                new BenchServer(
                        Path.of(folder),
                        4,
                        100,
                        128,
                        1,
                        ModelsConfig.Device.CPU,
                        ModelsConfig.Dtype.FLOAT32)) {
            assertThat(
                            bench(
                                    "http://127.0.0.1:" + server.server().port(),
                                    "--prompt",
                                    "5",
                                    "--tokens",
                                    "20",
                                    "--concurrency",
                                    "1,3",
                                    "--rounds",
                                    "2",
                                    "--intruder-prompt",
                                    "100",
                                    "--json"))
                    .as("%s", err)
                    .isZero();
        }
        JsonNode report = JsonMapper.shared().readTree(out.toString());
        assertThat(report.path("model").asString()).isEqualTo("tiny");
        assertThat(report.path("runs").size()).isEqualTo(2);
        assertThat(report.path("runs").path(0).path("generatedTokens").asLong()).isEqualTo(2 * 20);
        assertThat(report.path("runs").path(1).path("generatedTokens").asLong())
                .isEqualTo(3 * 2 * 20);
        for (JsonNode run : report.path("runs")) {
            double seconds = run.path("seconds").asDouble();
            assertThat(run.path("intruders").asLong()).isPositive();
            for (String name :
                    new String[] {"firstTokenMillis", "interTokenMillis", "intruderMillis"}) {
                double p50 = run.path(name).path("p50").asDouble();
                assertThat(p50).as(name).isPositive().isLessThan(1000 * seconds);
                assertThat(run.path(name).path("p99").asDouble())
                        .as(name)
                        .isGreaterThanOrEqualTo(p50);
            }
        }
    }

    @Test
    void shouldPrintATable() throws IOException {
        String said = withServer(200, TWO_TOKENS + "data: [DONE]\n\n", "--tokens", "2");
        assertThat(said).isEmpty();
        assertThat(out.toString().lines().toList())
                .hasSize(4)
                .first()
                .asString()
                .startsWith("m at http://127.0.0.1:")
                .endsWith(": prompts of 20 tokens, answers of 2, intruders of 0");
        assertThat(out.toString()).containsPattern("(?m)^ +3 +\\d+\\.\\d .* 0 +0\\.00$");
    }

    @Test
    void shouldTellWhatAServerDidInstead() throws IOException {
        assertThat(withServer(200, TWO_TOKENS + "data: [DONE]\n\n", "--tokens", "3"))
                .contains("answered with 2 tokens in 2 parts; 3 tokens are expected");
        assertThat(withServer(200, TWO_TOKENS, "--tokens", "2"))
                .contains("ended a stream without [DONE]");
        assertThat(withServer(200, "data: {\"error\":{\"message\":\"gone\"}}\n\n"))
                .contains("ended a stream")
                .contains("gone");
        assertThat(withServer(200, "data: {\n\n")).contains("not JSON");
        assertThat(withServer(503, "overloaded")).contains("answered 503: overloaded");
    }

    @Test
    void shouldRefuseWhatIsNoServer() throws IOException {
        assertThat(bench("127.0.0.1:8080")).isEqualTo(2);
        assertThat(err.toString()).contains("URL").contains("http://127.0.0.1:8080");
        assertThat(bench("http://127.0.0.1:1")).isEqualTo(1);
        assertThat(err.toString()).contains("nothing listens at http://127.0.0.1:1");
        assertThat(bench("http://127.0.0.1:1", "--intruder-prompt", "-1")).isEqualTo(2);
        assertThat(err.toString()).contains("--intruder-prompt: '-1'");
    }

    /** What the command says on standard error of a server that always answers the same. */
    private String withServer(int status, String body, String... more) throws IOException {
        err.getBuffer().setLength(0);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/v1/completions",
                exchange -> {
                    exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(status, bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        server.start();
        try {
            var arguments = new ArrayList<>(List.of("--model", "m", "--concurrency", "3"));
            arguments.addAll(List.of(more));
            bench(
                    "http://127.0.0.1:" + server.getAddress().getPort(),
                    arguments.toArray(String[]::new));
        } finally {
            server.stop(0);
        }
        return err.toString();
    }
}
