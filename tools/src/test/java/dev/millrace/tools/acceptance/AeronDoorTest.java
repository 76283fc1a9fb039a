package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import dev.millrace.config.ThreadsConfig.Plan;
import dev.millrace.ingress.aeron.client.CallOptions;
import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.ingress.aeron.client.MillraceClient;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.tools.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The Aeron door, with the demo model behind it. */
class AeronDoorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir Path folder;

    @Test
    void shouldRefuseOverIpcAsOverHttp() {
        try (RunningServer server = setup().aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc())) {
            var answer = new HeardAnswer();
            assertThat(client.infer("nobody", "{}".getBytes(UTF_8), answer)).isPositive();
            answer.await(client);

            Answer http = server.client().post("/v2/models/nobody/infer", "{}");
            assertThat(answer.status).isEqualTo(http.status()).isEqualTo(404);
            assertThat(answer.body).isEqualTo(http.text());
            assertThat(client.running()).isZero();
        }
        assertThat(driver()).doesNotExist();
    }

    @Test
    void shouldStreamTheSameTextThroughEveryDoor() throws IOException {
        String endpoint = "127.0.0.1:" + freePort();
        try (RunningServer server = setup().aeron(driver(), endpoint).start();
                var ipc = MillraceClient.connect(ipc());
                var udp = MillraceClient.connect(ClientOptions.udp(endpoint))) {
            var overIpc = new HeardText();
            var overUdp = new HeardText();
            assertThat(ipc.generate(completion(24, true), overIpc)).isPositive();
            assertThat(udp.generate(completion(24, true), overUdp)).isPositive();
            overIpc.await(ipc);
            overUdp.await(udp);
            Answer http =
                    server.client()
                            .post("/v1/completions", new String(completion(24, false), UTF_8));

            assertThat(overIpc.tokens).isGreaterThan(3);
            assertThat(overIpc.status).isZero();
            assertThat(overIpc.text())
                    .isEqualTo(overUdp.text())
                    .isEqualTo(http.json().path("choices").path(0).path("text").asString());
        }
        assertThat(driver()).doesNotExist();
    }

    @Test
    void shouldAnswerMoreThanAMessageHolds() {
        try (RunningServer server = setup().aeron(driver(), null, 1 << 16).start();
                var client = MillraceClient.connect(ipc())) {
            String body =
                    """
                    {"model":"austen-2.8m","prompt":"%s","max_tokens":1,"temperature":0,"echo":true,"logprobs":5}\
                    """
                            .formatted("Emma ".repeat(60));
            Answer http = server.client().post("/v1/completions", body);
            var answer = new HeardText();
            byte[] bytes = body.getBytes(UTF_8);
            assertThat(client.generate(bytes, answer)).isPositive();
            answer.await(client);

            assertThat(http.body().length).isGreaterThan((1 << 16) / 8);
            assertThat(answer.error).isEmpty();
            assertThat(answer.last).hasSize(http.body().length);
        }
    }

    @Test
    void shouldCancelWhatRuns() {
        try (RunningServer server = setup().aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc())) {
            var text = new HeardText();
            long id = client.generate(completion(100_000, true), text);
            text.awaitTokens(client, 2);
            assertThat(client.cancel(id)).isPositive();
            text.await(client);

            assertThat(text.status).isEqualTo(499);
            assertThat(client.cancel(id)).isZero();
            server.awaitIdle();
        }
    }

    @Test
    void shouldStopWorkingForAClientThatLeft() {
        try (RunningServer server = setup().aeron(driver(), null).start()) {
            try (var client = MillraceClient.connect(ipc())) {
                var text = new HeardText();
                client.generate(completion(100_000, true), text);
                text.awaitTokens(client, 1);
            }
            await().atMost(PATIENCE).until(() -> server.inFlight() == 0);
            assertThat(server.counter(Counter.CANCELS_PUBLISHED)).isEqualTo(1);

            try (var next = MillraceClient.connect(ipc())) {
                var text = new HeardText();
                next.generate(completion(2, true), text);
                text.await(next);
                assertThat(text.status).isZero();
            }
        }
    }

    @Test
    void shouldSayBackPressureInsteadOfWaiting() {
        try (RunningServer server = setup().aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc().withTermBytes(1 << 16))) {
            byte[] body = completion(1, false);
            List<HeardText> texts = new ArrayList<>();
            long result = 1;
            while (result > 0) {
                var text = new HeardText();
                result = client.generate(body, text);
                if (result > 0) {
                    texts.add(text);
                }
            }
            assertThat(result).isIn(MillraceClient.BACK_PRESSURED, MillraceClient.TOO_MANY);
            assertThat(texts).isNotEmpty();
            for (HeardText text : texts) {
                text.await(client);
                assertThat(text.status).isIn(0, 503);
            }
            assertThat(client.running()).isZero();
            assertThat(client.generate(new byte[1 << 14], new HeardText()))
                    .isEqualTo(MillraceClient.TOO_LONG);
            server.awaitIdle();
        }
    }

    @Test
    void shouldRefuseWhileItDrains() {
        try (RunningServer server = setup().aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc())) {
            server.server().drain();
            var text = new HeardText();
            client.generate(completion(1, true), text);
            text.await(client);

            assertThat(text.status).isEqualTo(503);
            assertThat(text.error).contains("server_is_draining");
        }
    }

    @Test
    void shouldTellAClientThatTheServerIsGone() {
        RunningServer server = setup().aeron(driver(), null).start();
        try (var client = MillraceClient.connect(ipc())) {
            server.close();
            var text = new HeardText();
            await().atMost(PATIENCE).until(() -> client.generate(completion(1, true), text) < 0);
            assertThat(client.poll()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Plan.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void shouldReplayExactlyWhatItAnswered(Plan plan) {
        Path journal = folder.resolve("journal");
        try (RunningServer server = setup().plan(plan).aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc().withApiKey("secret"))) {
            List<HeardText> texts = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                var text = new HeardText();
                byte[] body = completion(8 + i, i % 2 == 0);
                client.generate(
                        new UnsafeBuffer(body),
                        0,
                        body.length,
                        CallOptions.NONE.requestId("mine-" + i).deadlineMillis(60_000),
                        text);
                texts.add(text);
            }
            texts.forEach(text -> text.await(client));
            assertThat(texts).allMatch(text -> text.status == 0);
            server.awaitIdle();
        }

        assertThat(command("replay", journal.toString(), "--verify")).contains("6 EXACT");
        assertThat(command("journal", "show", "mine-3", journal.toString()))
                .contains("POST /v1/completions AERON/1")
                .contains("x-request-deadline-ms: 60000")
                .doesNotContain("secret");
        assertThat(command("journal", "verify", journal.toString())).isNotEmpty();
    }

    @Test
    void shouldExecuteOnceWhatHasAKey() {
        try (RunningServer server = setup().aeron(driver(), null).start();
                var client = MillraceClient.connect(ipc())) {
            CallOptions once = CallOptions.NONE.idempotencyKey("once");
            byte[] body =
                    """
                    {"model":"austen-2.8m","prompt":"Emma","max_tokens":6,"temperature":1}\
                    """
                            .getBytes(UTF_8);
            var first = new HeardText();
            var second = new HeardText();
            client.generate(new UnsafeBuffer(body), 0, body.length, once, first);
            first.await(client);
            client.generate(new UnsafeBuffer(body), 0, body.length, once, second);
            second.await(client);

            assertThat(second.last).isEqualTo(first.last).isNotEmpty();
            server.awaitIdle();
        }
    }

    @Test
    void shouldNotTakeAFolderThatHoldsOtherThings() throws IOException {
        Files.createDirectories(driver());
        Path precious = Files.writeString(driver().resolve("precious"), "mine");
        Setup setup = setup().aeron(driver(), null);

        Assertions.assertThatThrownBy(setup::start)
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("aeron.directory")
                .hasMessageContaining(driver().toString());
        assertThat(precious).hasContent("mine");
    }

    @Test
    void shouldUseADriverThatRunsAlready() {
        try (RunningServer first = setup().aeron(driver(), null).start()) {
            Setup second =
                    Setup.recordingTo(folder.resolve("journal-2"))
                            .aeron(driver(), null, AeronConfig.Driver.EXTERNAL, 2001);
            try (RunningServer other = second.start();
                    var client = MillraceClient.connect(ipc().withStreamId(2001))) {
                var text = new HeardText();
                client.generate(completion(2, true), text);
                text.await(client);

                assertThat(text.status).isZero();
                assertThat(other.counter(Counter.REQUESTS_PUBLISHED)).isEqualTo(1);
                assertThat(first.counter(Counter.REQUESTS_PUBLISHED)).isZero();
                other.awaitIdle();
            }
            assertThat(driver()).exists();
        }
        assertThat(driver()).doesNotExist();
    }

    private static String command(String... arguments) {
        var out = new StringWriter();
        int code = Main.commandLine().setOut(new PrintWriter(out, true)).execute(arguments);
        assertThat(code).as(out.toString()).isZero();
        return out.toString();
    }

    private static byte[] completion(int tokens, boolean stream) {
        return """
        {"model":"austen-2.8m","prompt":"It is a truth","max_tokens":%d,"temperature":0,"ignore_eos":true,"stream":%b}\
        """
                .formatted(Math.min(tokens, 400), stream)
                .getBytes(UTF_8);
    }

    private Path driver() {
        return folder.resolve("driver");
    }

    private ClientOptions ipc() {
        return ClientOptions.ipc(driver().toString());
    }

    private Setup setup() {
        return Setup.recordingTo(folder.resolve("journal"));
    }

    /** A port whose neighbour is very likely free too. */
    private static int freePort() throws IOException {
        try (var socket = new DatagramSocket()) {
            return Math.min(socket.getLocalPort(), 65_000);
        }
    }
}
