package dev.millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    @TempDir private Path dir;

    @Test
    void shouldBeAllDefaultsWhereNothingIsGiven() {
        LoadedConfig loaded = new ConfigLoader().load();
        assertThat(loaded.config()).isEqualTo(ServerConfig.defaults());
        assertThat(loaded.source("http.port")).isEqualTo("default");
    }

    @Test
    void shouldPreferFlagsToEnvironmentToFileToDefaults() {
        Path file =
                yaml(
                        """
                        http:
                          port: 1
                          io-threads: 2
                          host: 0.0.0.0
                        """);
        // Said in another order than they count.
        LoadedConfig loaded =
                new ConfigLoader()
                        .flag("--port", "http.port", "3")
                        .environment(
                                Map.of("MILLRACE_HTTP_PORT", "2", "MILLRACE_HTTP_IO_THREADS", "5"))
                        .file(file)
                        .load();
        HttpConfig http = loaded.config().http();
        assertThat(http.port()).isEqualTo(3);
        assertThat(http.ioThreads()).isEqualTo(5);
        assertThat(http.host()).isEqualTo("0.0.0.0");
        assertThat(http.maxHeaders()).isEqualTo(HttpConfig.defaults().maxHeaders());
        assertThat(loaded.source("http.port")).isEqualTo("--port");
        assertThat(loaded.source("http.io-threads")).isEqualTo("MILLRACE_HTTP_IO_THREADS");
        assertThat(loaded.source("http.host")).isEqualTo(file + ":4");
        assertThat(loaded.source("http.max-headers")).isEqualTo("default");
    }

    @Test
    void shouldTakeTheLastOfSeveralFlagsForAKey() {
        ServerConfig config =
                new ConfigLoader()
                        .set("http.port=1")
                        .flag("--port", "http.port", "2")
                        .set("http.port=3")
                        .load()
                        .config();
        assertThat(config.http().port()).isEqualTo(3);
    }

    @Test
    void shouldReadEveryTypeFromAFile() {
        ServerConfig config =
                new ConfigLoader()
                        .file(
                                yaml(
                                        """
                                        # nested and dotted keys mean the same
                                        threads: {plan: pipelined, waiting: busy-spin, pin: off}
                                        rate-limit.tokens-per-minute: 5000000000
                                        batch:
                                          preferred-rows: [4, 8]
                                        journal:
                                          enabled: false
                                          dir: /var/lib/millrace # with a comment
                                        models.dir:
                                        drain-timeout-millis: 1
                                        """))
                        .load()
                        .config();
        assertThat(config.threads())
                .isEqualTo(
                        new ThreadsConfig(
                                ThreadsConfig.Plan.PIPELINED,
                                ThreadsConfig.Waiting.BUSY_SPIN,
                                ThreadsConfig.Pin.OFF,
                                1));
        assertThat(config.rateLimit().tokensPerMinute()).isEqualTo(5_000_000_000L);
        assertThat(config.batch().preferredRows()).containsExactly(4, 8);
        assertThat(config.journal().enabled()).isFalse();
        assertThat(config.journal().dir()).isEqualTo("/var/lib/millrace");
        assertThat(config.models().dir()).isNull();
        assertThat(config.drainTimeoutMillis()).isEqualTo(1);
    }

    @Test
    void shouldReadEveryTypeFromText() {
        ServerConfig config =
                new ConfigLoader()
                        .environment(
                                Map.of(
                                        "MILLRACE_RATE_LIMIT_REQUESTS_PER_MINUTE", "60",
                                        "MILLRACE_DRAIN_TIMEOUT_MILLIS", "5",
                                        "MILLRACE_JOURNAL_ROLL_CYCLE", "daily"))
                        .set("batch.preferred-rows=2, 4")
                        .set("journal.enabled=false")
                        .set("journal.store=hash")
                        .set("journal.durability=fsync-batch")
                        .set("journal.on-failure=serve-unjournalled")
                        .set("models.dir=/a=b c")
                        .set("journal.dir=")
                        .load()
                        .config();
        assertThat(config.rateLimit().requestsPerMinute()).isEqualTo(60);
        assertThat(config.drainTimeoutMillis()).isEqualTo(5);
        assertThat(config.journal().rollCycle()).isEqualTo(JournalConfig.RollCycle.DAILY);
        assertThat(config.journal().store()).isEqualTo(JournalConfig.Store.HASH);
        assertThat(config.journal().durability()).isEqualTo(JournalConfig.Durability.FSYNC_BATCH);
        assertThat(config.journal().onFailure())
                .isEqualTo(JournalConfig.OnFailure.SERVE_UNJOURNALLED);
        assertThat(config.batch().preferredRows()).isEqualTo(List.of(2, 4));
        assertThat(config.journal().enabled()).isFalse();
        assertThat(config.models().dir()).isEqualTo("/a=b c");
        assertThat(config.journal().dir()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing but a comment\n", "---\n", "null\n"})
    void shouldTakeAnEmptyFileForNoValues(String text) {
        assertThat(new ConfigLoader().file(yaml(text)).load().config())
                .isEqualTo(ServerConfig.defaults());
    }

    @ParameterizedTest
    @CsvSource({
        "http.prot, http.port",
        "port, http.port",
        "slot-bytes, ring.slot-bytes",
        "ring.slotBytes, ring.slot-bytes",
        "ratelimit.callers, rate-limit.callers",
        "drain-timeout, drain-timeout-millis"
    })
    void shouldNameTheNearestKeyForOneNobodyKnows(String typed, String nearest) {
        assertThatThrownBy(() -> new ConfigLoader().set(typed + "=1"))
                .isInstanceOf(ConfigException.class)
                .hasMessage(typed + " (--set) is not a configuration key; nearest: " + nearest);
        Path file = yaml("\n" + typed + ": 1\n");
        assertThatThrownBy(() -> new ConfigLoader().file(file))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "%s (%s:2) is not a configuration key; nearest: %s", typed, file, nearest);
    }

    @Test
    void shouldNameTheNearestVariableForOneNobodyKnows() {
        assertThatThrownBy(() -> new ConfigLoader().environment(Map.of("MILLRACE_HTTP_PROT", "1")))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "environment variable MILLRACE_HTTP_PROT is not known; nearest:"
                                + " MILLRACE_HTTP_PORT");
    }

    @Test
    void shouldNotTakeAKubernetesServiceCalledMillraceForConfiguration() {
        var variables =
                Map.of(
                        "MILLRACE_SERVICE_HOST", "10.0.0.1",
                        "MILLRACE_HTTP_SERVICE_PORT", "80",
                        "MILLRACE_SERVICE_PORT_HTTP", "80",
                        "MILLRACE_PORT", "tcp://10.0.0.1:80",
                        "MILLRACE_HTTP_PORT", "tcp://10.0.0.1:80",
                        "MILLRACE_PORT_80_TCP_ADDR", "10.0.0.1",
                        "MILLRACE_JAVA_OPTS", "-Xmx2g",
                        "HTTP_PORT", "x");
        assertThat(new ConfigLoader().environment(variables).load().config())
                .isEqualTo(ServerConfig.defaults());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http.port    | x     | a whole number",
                "http.port    | 70000 | a whole number from 0 to 65535",
                "http.port    | 1.5   | a whole number",
                "http.port    | ''    | a whole number",
                "http.host    | ' '   | an address or a host name",
                "ring.slots   | 1000  | a power of two from 2 to 1048576",
                "log.requests | yes   | true or false",
                "threads.plan | fast  | one of auto, compact, pipelined",
                "threads.pin  | OFF   | one of auto, on, off",
                "batch.preferred-rows | 4;8 | whole numbers: a list, or separated by commas",
                "models.dtypes | =int8 | NAME=FORMAT, the format one of float32, float16,",
            })
    void shouldSayWhatIsWrongWithAValue(String key, String value, String accepted) {
        assertThatThrownBy(() -> new ConfigLoader().set(key + "=" + value).load())
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(
                        "%s: '%s' (--set) is not accepted; expected %s", key, value, accepted);
    }

    @Test
    void shouldHoldTheWeightsOfSingleModelsOtherwise() {
        ModelsConfig models =
                new ConfigLoader()
                        .file(yaml("models: {dtype: int8, dtypes: ['a,b=float32', c=auto]}"))
                        .load()
                        .config()
                        .models();
        assertThat(models.dtype("a,b")).isEqualTo(ModelsConfig.Dtype.FLOAT32);
        assertThat(models.dtype("c")).isEqualTo(ModelsConfig.Dtype.AUTO);
        assertThat(models.dtype("d")).isEqualTo(ModelsConfig.Dtype.INT8);
        assertThat(models.withDtype("a,b", "float16").dtype("a,b"))
                .isEqualTo(ModelsConfig.Dtype.FLOAT16);
        models.checkNames(List.of("a,b", "c", "d"));
        assertThatThrownBy(() -> models.checkNames(List.of("c", "d")))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "models.dtypes: 'a,b=float32' is not accepted;"
                                + " expected the name of a model that is served: c, d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http.port", "=1", ""})
    void shouldRefuseAnAssignmentThatIsNone(String assignment) {
        assertThatThrownBy(() -> new ConfigLoader().set(assignment))
                .hasMessageStartingWith(
                        "--set: '%s' is not accepted; expected key=value", assignment);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1, 2]", "", "3.5", "a"})
    void shouldNameFileAndLineOfAWrongValue(String value) {
        Path file = yaml("log.requests: true\nhttp:\n  port: " + value + "\n");
        assertThatThrownBy(() -> new ConfigLoader().file(file).load())
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("http.port: '")
                .hasMessageContaining("(" + file + ":3) is not accepted; expected a whole number");
    }

    @Test
    void shouldSayWhoSetTheBoundThatAValueMisses() {
        assertThatThrownBy(() -> new ConfigLoader().set("http.max-body-bytes=33554432").load())
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "ring.large-buffer-bytes: '16777216' (default; http.max-body-bytes: --set)"
                                + " is not accepted; expected at least http.max-body-bytes"
                                + " (33554432)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http: [", "http: {port: 1", "a: b: c", "\tx: 1"})
    void shouldSayWhereAFileIsNotYaml(String text) {
        Path file = yaml(text);
        assertThatThrownBy(() -> new ConfigLoader().file(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(file + ":")
                .hasMessageContaining(" is not YAML: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"- 1\n", "text\n", "log.requests: true\n---\nlog.requests: false\n"})
    void shouldRefuseAFileThatIsNotOneMapping(String text) {
        Path file = yaml(text);
        assertThatThrownBy(() -> new ConfigLoader().file(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("expected one mapping of keys");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http: {port: 1, port: 2}",
                "http.port: 1\nhttp: {port: 2}",
                "http: {}\nhttp: {}"
            })
    void shouldRefuseAKeyGivenTwice(String text) {
        Path file = yaml(text);
        assertThatThrownBy(() -> new ConfigLoader().file(file)).isInstanceOf(ConfigException.class);
    }

    @Test
    void shouldRefuseAListOfLists() {
        Path file = yaml("batch.preferred-rows: [[1], 2]\n");
        assertThatThrownBy(() -> new ConfigLoader().file(file))
                .hasMessageStartingWith("batch.preferred-rows: ");
    }

    @Test
    void shouldNameAFileThatCannotBeRead() {
        Path missing = dir.resolve("missing.yaml");
        assertThatThrownBy(() -> new ConfigLoader().file(missing))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("'" + missing + "' cannot be read");
    }

    @Test
    void shouldPrintEveryKeyWithValueAndSource() {
        String printed =
                new ConfigLoader()
                        .set("http.port=1")
                        .environment(Map.of("MILLRACE_THREADS_WAITING", "busy-spin"))
                        .load()
                        .print();
        assertThat(printed)
                .containsPattern("(?m)^http\\.port: 1 +# --set$")
                .containsPattern("(?m)^threads\\.waiting: busy-spin +# MILLRACE_THREADS_WAITING$")
                .containsPattern("(?m)^journal\\.dir: null +# default$");
        assertThat(printed.lines()).hasSize(ConfigKey.of(ServerConfig.class).size()).isSorted();
    }

    @Test
    void shouldPrintAFileThatGivesTheSameConfiguration() {
        ServerConfig config =
                new ConfigLoader()
                        .set("models.dir=it's a # folder: mine")
                        .set("journal.dir=null")
                        .set("batch.preferred-rows=1,2")
                        .set("threads.pin=off")
                        .set("http.host=::1")
                        .load()
                        .config();
        String printed = new LoadedConfig(config, Map.of()).print();
        assertThat(new ConfigLoader().file(yaml(printed)).load().config()).isEqualTo(config);
    }

    private Path yaml(String text) {
        try {
            return Files.writeString(dir.resolve("server.yaml"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
