package dev.millrace.tools.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.ingress.aeron.client.MillraceClient;
import java.io.IOException;
import java.net.DatagramSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Aeron door, with the demo model behind it. */
class AeronDoorTest {
    private static final byte[] COMPLETION =
            """
            {"model":"austen-2.8m","prompt":"It is a truth","max_tokens":12,"temperature":0,"stream":true}
            """
                    .getBytes(UTF_8);

    @TempDir Path folder;

    @Test
    void shouldAnswerOverIpcWhatItAnswersOverHttp() {
        Path driver = folder.resolve("driver");
        try (RunningServer server = setup().aeron(driver, null).start()) {
            try (var client = MillraceClient.connect(ClientOptions.ipc(driver.toString()))) {
                var answer = new HeardAnswer();
                assertThat(client.infer("nobody", "{}".getBytes(UTF_8), answer)).isPositive();
                answer.await(client);

                Answer http = server.client().post("/v2/models/nobody/infer", "{}");
                assertThat(answer.status).isEqualTo(http.status()).isEqualTo(404);
                assertThat(answer.body).isEqualTo(http.text());
            }
        }
        assertThat(driver).doesNotExist();
    }

    @Test
    void shouldStreamOverUdp() throws IOException {
        String endpoint = "127.0.0.1:" + freePort();
        Path driver = folder.resolve("driver");
        try (RunningServer server = setup().aeron(driver, endpoint).start();
                var client = MillraceClient.connect(ClientOptions.udp(endpoint))) {
            var text = new HeardText();
            assertThat(client.generate(COMPLETION, text)).isPositive();
            text.await(client);

            assertThat(text.ended).isTrue();
            assertThat(text.tokens).isGreaterThan(3);
            assertThat(text.text()).isNotBlank();
            assertThat(server.server().rings().counters()).isNotNull();
        }
        assertThat(Files.exists(driver)).isFalse();
    }

    private Setup setup() {
        return Setup.recordingTo(folder.resolve("journal"));
    }

    /** A port whose neighbour is very likely free too. */
    private static int freePort() throws IOException {
        try (var socket = new DatagramSocket()) {
            return socket.getLocalPort() < 65_000 ? socket.getLocalPort() : 40_123;
        }
    }
}
