package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.gpustage.DemoModel;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Traffic that one server recorded, sent to another. */
class ReplayAgainstTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String SHAPE =
            """
            {"architectures":["KIND"],"vocab_size":320,"hidden_size":64,
             "intermediate_size":96,"num_hidden_layers":2,"num_attention_heads":4,
             "num_key_value_heads":2,"type_vocab_size":2,"max_position_embeddings":128,
             "eos_token_id":2}
            """;

    @TempDir static Path parent;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Models of every kind; the random ones have other weights under another seed. */
    private static Path models(String name, int seed) throws IOException {
        Path models = Files.createDirectories(parent.resolve(name));
        DemoModel.extractTo(models);
        random(models, "tiny", "LlamaForCausalLM", seed);
        random(models, "vectors", "BertModel", seed);
        Files.writeString(
                models.resolve("tiny/tokenizer_config.json"),
                "{\"chat_template\":\"{% for m in messages %}{{ m['content'] }}{% endfor %}\"}");
        ScriptModels.simple(models);
        ScriptModels.write(
                models,
                "scale",
                "def forward(self, x: Tensor) -> Tensor:\n    return x * %d.5\n".formatted(seed),
                """
                name: "scale"
                platform: "pytorch_libtorch"
                input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
                output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
                """);
        return models;
    }

    private static void random(Path models, String name, String architecture, int seed)
            throws IOException {
        Path config = parent.resolve("config.json");
        Files.writeString(config, SHAPE.replace("KIND", architecture));
        int code =
                Main.commandLine()
                        .execute(
                                "model",
                                "random",
                                "--like",
                                config.toString(),
                                "--seed",
                                String.valueOf(seed),
                                "--dtype",
                                "float32",
                                "--out",
                                models.resolve(name).toString());
        assertThat(code).isZero();
    }

    private static Path models = Path.of("");
    private static Path others = Path.of("");

    @BeforeAll
    static void makeModels() throws IOException {
        models = models("models", 1);
        others = models("others", 2);
    }

    private static Path record(String name, Path models, Consumer<Client> traffic) {
        Path journal = parent.resolve(name);
        try (RunningServer server = Setup.recordingTo(journal).models(models).start()) {
            traffic.accept(server.client());
            server.awaitIdle();
        }
        return journal;
    }

    private static Path anything(String name) {
        return parent.resolve("other-" + name);
    }

    private int millrace(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private int replay(Path journal, RunningServer server, String... more) {
        var arguments =
                new ArrayList<>(
                        List.of(
                                "replay",
                                journal.toString(),
                                "--against",
                                server.uri().toString(),
                                "--json"));
        arguments.addAll(List.of(more));
        return millrace(arguments.toArray(String[]::new));
    }

    private JsonNode report() {
        return Json.parse(out.toString());
    }

    private JsonNode model(String name) {
        for (JsonNode model : report().path("models")) {
            if (model.path("model").asString().equals(name)) {
                return model;
            }
        }
        throw new AssertionError("no model " + name + " in " + out);
    }

    private static String tiny(String prompt, String more) {
        return Json.with(
                Json.object(
                        Map.of(
                                "model",
                                "tiny",
                                "prompt",
                                prompt,
                                "max_tokens",
                                6,
                                "temperature",
                                0)),
                more);
    }

    private static void everyKind(Client client) {
        String demo = DemoModelTest.completion("It is a truth", 12, "{}");
        client.post(COMPLETIONS, demo);
        client.stream(COMPLETIONS, Json.with(demo, "{\"stream\":true}"));
        client.post(COMPLETIONS, Json.with(demo, "{\"echo\":true,\"stop\":[\"e\"]}"));
        client.post(COMPLETIONS, tiny("one", "{\"n\":2,\"temperature\":1,\"seed\":3}"));
        client.post(COMPLETIONS, tiny("two", "{\"return_token_ids\":true}"));
        client.stream(
                COMPLETIONS,
                tiny("three", "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
        client.post(
                "/v1/chat/completions",
                """
                {"model":"tiny","max_tokens":5,"temperature":0,
                 "messages":[{"role":"user","content":"four"}]}
                """);
        client.post("/v1/embeddings", "{\"model\":\"vectors\",\"input\":[\"a\",\"bc\"]}");
        client.post(
                "/v1/embeddings",
                "{\"model\":\"vectors\",\"input\":\"d\",\"encoding_format\":\"base64\"}");
        float[] x = {1, 2, 3, 0.1f};
        client.post("/v2/models/scale/infer", KServe.json("x", List.of(4), x));
        KServe.inferBinary(client, "scale", "x", List.of(4), x);
        int[] row = new int[16];
        client.post("/v2/models/simple/infer", simple(row));
        client.post(COMPLETIONS, "{\"model\":\"nobody\",\"prompt\":\"x\"}");
        client.post(COMPLETIONS, tiny("x", "{\"max_tokens\":-1}"));
    }

    private static String simple(int[] row) {
        var input = Map.of("name", "INPUT0", "shape", List.of(1, 16), "datatype", "INT32");
        var first = new java.util.HashMap<String, Object>(input);
        first.put("data", row);
        var second = new java.util.HashMap<String, Object>(first);
        second.put("name", "INPUT1");
        return Json.object(
                Map.of(
                        "inputs",
                        List.of(first, second),
                        "outputs",
                        List.of(Map.of("name", "OUTPUT1"))));
    }

    @Test
    void shouldFindEveryAnswerTheSameOnAServerOfTheSameModels() {
        Path journal = record("same", models, ReplayAgainstTest::everyKind);
        try (RunningServer server = Setup.recordingTo(anything("same")).models(models).start()) {
            int code = replay(journal, server, "--speed", "4");

            assertThat(code).as("%s%s", out, err).isZero();
            JsonNode report = report();
            assertThat(report.path("same").booleanValue()).isTrue();
            assertThat(report.path("differences")).isEmpty();
            assertThat(report.path("notComparable")).isEmpty();
            int sent = 0;
            for (JsonNode model : report.path("models")) {
                int count = model.path("sent").intValue();
                for (String all : List.of("answered", "sameStatus", "compared", "sameAnswer")) {
                    assertThat(model.path(all).intValue()).as(all).isEqualTo(count);
                }
                assertThat(model.path("textUnknown").intValue()).isZero();
                sent += count;
            }
            assertThat(sent).isEqualTo(14);
            for (String side : List.of("recorded", "replayed")) {
                JsonNode times = model(DemoModel.NAME).path(side);
                assertThat(times.path("latencyMillis").path("p99").doubleValue()).isPositive();
                assertThat(times.path("firstTokenMillis").path("p50").doubleValue()).isPositive();
            }
        }
    }

    @Test
    void shouldSayWhichAnswersOfOtherModelsAreOthers() {
        Path journal = record("others", models, ReplayAgainstTest::everyKind);
        try (RunningServer server = Setup.recordingTo(anything("others")).models(others).start()) {
            int code =
                    replay(
                            journal,
                            server,
                            "--speed",
                            "max",
                            "--connections",
                            "2",
                            "--models",
                            models.toString());

            assertThat(code).as("%s", err).isEqualTo(1);
            assertThat(report().path("same").booleanValue()).isFalse();
            assertThat(model(DemoModel.NAME).path("sameAnswer").intValue()).isEqualTo(3);
            assertThat(model("simple").path("sameAnswer").intValue()).isEqualTo(1);
            assertThat(model("scale").path("sameAnswer").intValue()).isZero();
            assertThat(model("vectors").path("sameAnswer").intValue()).isZero();
            assertThat(model("vectors").path("maxDifference").doubleValue()).isPositive();
            assertThat(model("tiny").path("sameStatus").intValue()).isEqualTo(5);
            assertThat(model("tiny").path("sameAnswer").intValue()).isLessThan(5);
            assertThat(report().path("differences").toString())
                    .contains("output 'y': numbers differ by up to 3", "choice 0: t");
        }
    }

    @Test
    void shouldCompareCountsAloneWhereNobodyKnowsTheTokenizer() throws IOException {
        Path there = Files.createDirectories(parent.resolve("there"));
        random(there, "tiny", "LlamaForCausalLM", 1);
        Path journal =
                record("unknown", there, client -> client.post(COMPLETIONS, tiny("one", "{}")));
        Files.move(there, parent.resolve("elsewhere"));
        try (RunningServer server = Setup.recordingTo(anything("unknown")).models(others).start()) {
            assertThat(replay(journal, server)).as("%s%s", out, err).isZero();
            assertThat(model("tiny").path("textUnknown").intValue()).isEqualTo(1);
            assertThat(millrace("replay", journal.toString(), "--against", server.uri().toString()))
                    .isZero();
            assertThat(out.toString()).contains("tiny: 1 sent", "counts alone", "--models DIR");
            String elsewhere = parent.resolve("elsewhere").toString();
            assertThat(replay(journal, server, "--models", elsewhere)).isEqualTo(1);
            assertThat(model("tiny").path("textUnknown").intValue()).isZero();
        }
    }

    @Test
    void shouldCancelAgainAndCompareNothingThatChanceDecides() {
        Path journal = parent.resolve("cancelled");
        String drawn = DemoModelTest.completion("Emma", 8, "{\"temperature\":1}");
        String endless = DemoModelTest.completion("Emma", 480, "{\"stream\":true}");
        try (RunningServer server = Setup.recordingTo(journal).start()) {
            server.client().post(COMPLETIONS, drawn);
            try (var connection = new RawConnection(server.uri())) {
                connection.send(RawConnection.post(COMPLETIONS, endless));
                connection.readUntil("data: ");
                connection.reset();
                server.awaitIdle();
            }
        }
        try (RunningServer server = Setup.recordingTo(anything("cancelled")).start()) {
            assertThat(replay(journal, server, "--speed", "max")).as("%s%s", out, err).isZero();

            assertThat(report().path("notComparable"))
                    .isEqualTo(Json.parse("{\"cancelled\":1,\"sampled without a seed\":1}"));
            assertThat(model(DemoModel.NAME).path("compared").intValue()).isZero();
            server.awaitIdle();
        }
    }

    @Test
    void shouldSendThePartThatIsNamed() {
        Path journal =
                record(
                        "part",
                        models,
                        client -> {
                            client.post(COMPLETIONS, tiny("one", "{}"));
                            client.post(COMPLETIONS, tiny("two", "{}"));
                        });
        try (RunningServer server = Setup.recordingTo(anything("part")).models(models).start()) {
            assertThat(replay(journal, server, "--to", "0.000000001")).isZero();
            assertThat(model("tiny").path("sent").intValue()).isEqualTo(1);
            assertThat(replay(journal, server, "--from", "0.000000001s")).isZero();
            assertThat(model("tiny").path("sent").intValue()).isEqualTo(1);
            assertThat(replay(journal, server, "--from", "2026-01-01T00:00:00Z")).isZero();
            assertThat(model("tiny").path("sent").intValue()).isEqualTo(2);
            assertThat(replay(journal, server, "--to", "2026-01-01T00:00:00Z")).isEqualTo(2);
            assertThat(err.toString()).contains("no request of " + journal);
        }
    }

    @Test
    void shouldRunATraceOfWhatWasRecorded() throws IOException {
        String shared = "a".repeat(40);
        Path journal =
                record(
                        "trace",
                        models,
                        client -> {
                            client.post(COMPLETIONS, tiny(shared + "b", "{}"));
                            client.post(COMPLETIONS, tiny(shared + "c", "{\"n\":2,\"seed\":1}"));
                            client.post(
                                    "/v1/chat/completions",
                                    """
                                    {"model":"tiny","max_tokens":5,"temperature":0,"ignore_eos":true,
                                     "messages":[{"role":"user","content":"%s"}]}
                                    """
                                            .formatted(shared));
                            client.post(
                                    "/v1/embeddings", "{\"model\":\"vectors\",\"input\":\"a\"}");
                            client.post(COMPLETIONS, tiny("x", "{\"max_tokens\":-1}"));
                        });
        Path trace = parent.resolve("trace.jsonl");
        String[] export = {"replay", "trace", "export", journal.toString(), trace.toString()};

        assertThat(millrace(with(export, "--block", "16"))).as("%s", err).isZero();

        assertThat(out.toString())
                .contains(
                        "4 generations", "left out: 1, not for text", "without a generated token");
        List<JsonNode> lines = Files.readAllLines(trace).stream().map(Json::parse).toList();
        assertThat(lines)
                .extracting(line -> line.path("input_length").intValue())
                .containsExactly(41, 41, 41, 40);
        assertThat(lines)
                .extracting(line -> line.path("hash_ids").toString())
                .containsExactly("[0,1,2]", "[0,1,3]", "[0,1,3]", "[0,1,4]");
        assertThat(lines.getFirst().path("timestamp").longValue()).isZero();

        try (RunningServer server = Setup.recordingTo(anything("trace")).models(models).start()) {
            String[] run = {"replay", "trace", "run", trace.toString(), "--model", "tiny"};
            String[] against = {
                "--against", server.uri().toString(), "--vocabulary", "320", "--block", "16"
            };
            String[] how = {"--speed", "max", "--connections", "1", "--json"};
            assertThat(millrace(with(with(run, against), how))).as("%s%s", out, err).isZero();

            JsonNode report = report();
            assertThat(report.path("sent").intValue()).isEqualTo(4);
            assertThat(report.path("answered").intValue()).isEqualTo(4);
            assertThat(report.path("promptTokens").intValue()).isEqualTo(3 * 41 + 40);
            // Two whole blocks are what the later prompts have in common with the first.
            assertThat(report.path("cachedTokens").intValue()).isGreaterThanOrEqualTo(3 * 32);
            assertThat(report.path("generatedTokens").intValue())
                    .isEqualTo(
                            lines.stream()
                                    .mapToInt(line -> line.path("output_length").intValue())
                                    .sum());
        }
        assertThat(millrace(with(export, "--models", others.toString()))).isZero();
        assertThat(out.toString()).contains("4 generations");
        assertThat(Files.readAllLines(trace).getFirst()).contains("\"hash_ids\":[0]");
    }

    private static String[] with(String[] some, String... more) {
        var all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
