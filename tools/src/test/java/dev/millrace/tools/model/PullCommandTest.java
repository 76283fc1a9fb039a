package dev.millrace.tools.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PullCommandTest {
    private static final String CDN_WEIGHTS = "/cdn/model.safetensors";

    @TempDir Path parent;

    private final byte[] weights = new byte[300_000];
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private PlayedHub hub;
    private Path folder;

    @BeforeEach
    void open() throws IOException {
        new Random(1).nextBytes(weights);
        folder = parent.resolve("model");
        hub =
                new PlayedHub()
                        .file("config.json", bytes("{}"))
                        .file("README.md", bytes("read me"))
                        .file("1_Pooling/config.json", bytes("{\"pooling\":1}"))
                        .file("pytorch_model.bin", bytes("a pickle"))
                        .large("model.safetensors", weights);
    }

    @AfterEach
    void close() {
        hub.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private int pull(String... more) {
        String[] command = {
            "model",
            "pull",
            "owner/model",
            "--out",
            folder.toString(),
            "--endpoint",
            hub.endpoint().toString()
        };
        String[] all = Arrays.copyOf(command, command.length + more.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return millrace(all);
    }

    private int millrace(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    private List<String> names() throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(path -> folder.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    private long sent(String request) {
        return hub.requests.stream().filter(request::equals).count();
    }

    @Test
    void shouldDownloadWhatAModelIsReadFrom() throws IOException {
        assertThat(pull()).as("%s", err).isZero();
        assertThat(names())
                .containsExactly("1_Pooling/config.json", "config.json", "model.safetensors");
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(folder.resolve("1_Pooling/config.json")).hasContent("{\"pooling\":1}");
        assertThat(out.toString()).contains("model.safetensors: 300,000 of 300,000 bytes");
    }

    @Test
    void shouldDownloadOnlyWhatIsNotThere() throws IOException {
        pull();
        Files.writeString(folder.resolve("config.json"), "other content");
        hub.requests.clear();
        assertThat(pull()).as("%s", err).isZero();
        assertThat(folder.resolve("config.json")).hasContent("{}");
        assertThat(sent(CDN_WEIGHTS)).isZero();
    }

    @Test
    void shouldTakeTheFilesOneAsksFor() throws IOException {
        assertThat(pull("--include", "*.md", "--include", "1_Pooling/*")).as("%s", err).isZero();
        assertThat(names()).containsExactly("1_Pooling/config.json", "README.md");
        assertThat(pull("--include", "*.onnx")).isEqualTo(1);
        assertThat(err.toString()).contains("no file like *.onnx").contains("README.md");
    }

    @Test
    void shouldGoOnWhereAConnectionWasCut() {
        hub.cutAfter = 100_000;
        assertThat(pull("--include", "*.safetensors")).as("%s", err).isZero();
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(hub.requests).contains(CDN_WEIGHTS + " bytes=100000-");
    }

    @Test
    void shouldGoOnWhereAnEarlierPullEnded() throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("model.safetensors.part"), Arrays.copyOf(weights, 200_000));
        assertThat(pull("--include", "*.safetensors")).as("%s", err).isZero();
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(sent(CDN_WEIGHTS + " bytes=200000-")).isEqualTo(1);
        assertThat(names()).containsExactly("model.safetensors");
    }

    @Test
    void shouldBeginAnewWhereTheFileIsAnotherOneMeanwhile() throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("model.safetensors.part"), new byte[1000]);
        Files.writeString(folder.resolve("model.safetensors.part.etag"), "\"another\"");
        assertThat(pull("--include", "*.safetensors")).as("%s", err).isZero();
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void shouldGiveUpAServerThatSendsNothing() throws IOException {
        hub.cutAfter = 0;
        hub.alwaysCut = true;
        assertThat(pull("--include", "*.safetensors")).isEqualTo(1);
        assertThat(err.toString()).startsWith("millrace: ").hasLineCount(1);
        assertThat(names()).doesNotContain("model.safetensors");
    }

    @Test
    void shouldKeepNothingOfAnotherDigest() throws IOException {
        hub.lie("model.safetensors");
        assertThat(pull()).isEqualTo(1);
        assertThat(err.toString())
                .contains("SHA-256 " + PlayedHub.sha256(weights))
                .contains("0".repeat(64) + " was promised");
        assertThat(names()).containsExactly("1_Pooling/config.json", "config.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../evil.safetensors",
                "/evil.safetensors",
                "a/../../evil.safetensors",
                "a//evil.safetensors",
                "./evil.safetensors",
                "c:evil.safetensors",
                "..\\\\evil.safetensors"
            })
    void shouldNotLeaveTheFolder(String path) throws IOException {
        hub.file(path, bytes("evil"));
        assertThat(pull("--include", "**evil.safetensors")).isEqualTo(1);
        assertThat(err.toString()).contains("leads out of the folder");
        assertThat(names()).isEmpty();
        assertThat(parent.resolve("evil.safetensors")).doesNotExist();
    }

    @Test
    void shouldNotFollowLinksThatLieInTheFolder() throws IOException {
        Path elsewhere = Files.createDirectories(parent.resolve("elsewhere"));
        Files.createDirectories(folder);
        Files.createSymbolicLink(folder.resolve("1_Pooling"), elsewhere);
        assertThat(pull()).isEqualTo(1);
        assertThat(err.toString()).contains("1_Pooling: is a link");
        assertThat(elsewhere).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void shouldSayWhatAGatedModelNeeds(int status) {
        hub.status = status;
        assertThat(pull()).isEqualTo(1);
        assertThat(err.toString()).contains("gated").contains("HF_TOKEN");
    }

    @Test
    void shouldSayWhatIsNotThere() {
        assertThat(pull("--revision", "a/b")).isEqualTo(1);
        assertThat(err.toString()).contains("/tree/a%2Fb").contains("not found (404)");
        assertThat(millrace("model", "pull", "../x", "--out", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("owner/name");
    }

    @Test
    void shouldShowATokenToTheHubAlone() throws IOException {
        try (var client = new HubClient(hub.endpoint(), "secret");
                var other = new PlayedHub().file("config.json", bytes("{}"))) {
            get(client, hub.endpoint().resolve("/cdn/config.json"));
            get(client, other.endpoint().resolve("/cdn/config.json"));
            assertThat(hub.tokens).containsExactly("Bearer secret");
            assertThat(other.tokens).isEmpty();
        }
    }

    private static void get(HubClient client, URI uri) throws IOException {
        try (InputStream body = client.get(uri, Map.of()).body()) {
            assertThat(body.readAllBytes()).isNotEmpty();
        }
    }

    @Test
    void shouldDownloadOneFileFromAnAddress() throws IOException {
        String url = hub.endpoint() + CDN_WEIGHTS + "?download=true";
        assertThat(millrace("model", "pull", url, "--out", folder.toString()))
                .as("%s", err)
                .isZero();
        assertThat(names()).containsExactly("model.safetensors");
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void shouldMakeAFolderOfAGgufFile() throws IOException {
        Path gguf = parent.resolve("tiny.gguf");
        new TinyGguf().write(gguf);
        hub.large("tiny.gguf", Files.readAllBytes(gguf));
        Files.delete(gguf);
        assertThat(pull("--convert")).as("%s", err).isZero();
        assertThat(names()).contains("config.json", "model.safetensors", "tokenizer.json");
        assertThat(parent).isDirectoryNotContaining("glob:**.gguf*");
    }
}
