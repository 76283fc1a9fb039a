package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ConfigException;
import dev.millrace.config.ModelsConfig;
import dev.millrace.config.ModelsConfig.Dtype;
import dev.millrace.gpustage.DemoModel;
import dev.millrace.journal.EnvironmentRecord;
import dev.millrace.journal.JournalReader;
import dev.millrace.tools.Main;
import dev.millrace.tools.serve.Server;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Models of one server that hold their weights in different formats, on record and replayed. */
class WeightFormatsTest {
    private static final String GENERATOR = DemoModel.NAME;
    private static final String EMBEDDER = "embedder";

    @TempDir Path folder;

    private final StringWriter out = new StringWriter();

    @BeforeEach
    void makeModels() throws Exception {
        Path generator = DemoModel.extractTo(folder.resolve("demo"));
        Path models = Files.createDirectory(folder.resolve("models"));
        Files.createSymbolicLink(models.resolve(GENERATOR), generator);
        Path config = folder.resolve("config.json");
        Files.writeString(
                config,
                """
                {"architectures":["BertModel"],"vocab_size":320,"hidden_size":64,"intermediate_size":96,
                 "num_hidden_layers":2,"num_attention_heads":4,"max_position_embeddings":128,
                 "bos_token_id":1,"eos_token_id":2,"torch_dtype":"float32"}\
                """);
        Path embedder = models.resolve(EMBEDDER);
        millrace(0, "model", "random", "--like", config.toString(), "--out", embedder.toString());
    }

    private void millrace(int exitCode, String... arguments) {
        out.getBuffer().setLength(0);
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).execute(arguments);
        assertThat(code).as(out.toString()).isEqualTo(exitCode);
    }

    /** Asks both models of a server for an answer, on record in the journal of this name. */
    private Path record(String name, ModelsConfig models) {
        Path journal = folder.resolve(name);
        Setup setup =
                Setup.recordingTo(journal)
                        .models(models.withDir(folder.resolve("models").toString()));
        try (RunningServer server = setup.start()) {
            Client client = server.client();
            String completion =
                    """
                    {"model":"%s","prompt":"Emma","max_tokens":8,"temperature":0}\
                    """
                            .formatted(GENERATOR);
            String embedding = "{\"model\":\"%s\",\"input\":[\"a\",\"bcd\"]}".formatted(EMBEDDER);
            assertThat(client.post("/v1/completions", completion).status()).isEqualTo(200);
            assertThat(client.post("/v1/embeddings", embedding).status()).isEqualTo(200);
        }
        return journal;
    }

    private static List<String> weights(Path journal) {
        try (JournalReader reader = JournalReader.open(journal)) {
            assertThat(reader.next()).isTrue();
            return EnvironmentRecord.of(reader.record()).models().stream()
                    .map(model -> model.name() + " " + model.weights())
                    .toList();
        }
    }

    private void verifyExactly(Path journal) {
        millrace(0, "replay", journal.toString(), "--verify", "--json");
        JsonNode summary = Json.parse(out.toString()).path("summary");
        assertThat(summary.path("requests").asInt()).isEqualTo(2);
        assertThat(summary.path("exact").asBoolean()).isTrue();
    }

    @Test
    void shouldHoldAllWeightsInTheFormatThatIsNamed() {
        Path journal = record("named", ModelsConfig.defaults().withDtype(Dtype.FLOAT16));
        assertThat(weights(journal)).containsExactly(GENERATOR + " float16", EMBEDDER + " float16");
        verifyExactly(journal);
    }

    @Test
    void shouldReplayWhatWasMeasuredThen() {
        Path journal =
                record(
                        "measured",
                        ModelsConfig.defaults()
                                .withDtype(Dtype.AUTO)
                                .withDtype(EMBEDDER, "float16"));
        assertThat(weights(journal)).last().isEqualTo(EMBEDDER + " float16");
        verifyExactly(journal);
    }

    @Test
    void shouldLeaveVectorsAsTheyWereWhereAnotherModelIsChanged() {
        Path journal = record("what-if", ModelsConfig.defaults());
        assertThat(weights(journal)).containsExactly(GENERATOR + " float32", EMBEDDER + " float32");
        assertThat(exactVectors(journal, "models.dtypes=" + GENERATOR + "=int8")).isEqualTo(1);
        assertThat(exactVectors(journal, "models.dtypes=" + EMBEDDER + "=int8")).isZero();
        assertThat(exactVectors(journal, "models.dtype=int8")).isZero();
    }

    /** How many of the embedder's answers a change leaves as they are, bit for bit. */
    private int exactVectors(Path journal, String change) {
        millrace(
                0,
                "replay",
                journal.toString(),
                "--what-if",
                "--set",
                change,
                "--no-baseline",
                "--json");
        for (JsonNode model : Json.parse(out.toString()).path("models")) {
            if (model.path("name").asString().equals(EMBEDDER)) {
                return model.path("exact").asInt();
            }
        }
        throw new AssertionError(out.toString());
    }

    @Test
    void shouldRefuseAFormatForAModelThatIsNotThere() {
        ModelsConfig models =
                ModelsConfig.defaults()
                        .withDir(folder.resolve("models").toString())
                        .withDtype("nobody", "int8");
        Setup setup = Setup.recordingTo(folder.resolve("journal")).models(models);
        assertThatThrownBy(() -> Server.start(setup.config()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("models.dtypes: 'nobody=int8'")
                .hasMessageContaining(GENERATOR + ", " + EMBEDDER);
    }
}
