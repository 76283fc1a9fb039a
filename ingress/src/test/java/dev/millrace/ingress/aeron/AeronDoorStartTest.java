package dev.millrace.ingress.aeron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.ConfigException;
import dev.millrace.config.HttpConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.PollingHost;
import dev.millrace.ringbuffer.Rings;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A door that cannot open says which key to change, and leaves nothing behind. */
class AeronDoorStartTest {
    @TempDir Path folder;
    private Rings rings;

    @BeforeEach
    void open() {
        rings = new Rings(new RingConfig(64, 4096, 2, 1 << 16, 64, 4096, 64), 1);
    }

    @AfterEach
    void close() {
        rings.close();
        assertThat(folder.resolve("driver")).doesNotExist();
    }

    @Test
    void shouldNameAnEndpointThatIsTaken() throws IOException {
        try (var taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            String endpoint = "127.0.0.1:" + taken.getLocalPort();
            assertThatThrownBy(() -> start(endpoint, null))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("aeron.endpoint: '" + endpoint + "'")
                    .hasMessageContaining("free port");
        }
    }

    @Test
    void shouldNameAControlThatIsTaken() throws IOException {
        String endpoint = "127.0.0.1:" + freePort();
        try (var taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            String control = "127.0.0.1:" + taken.getLocalPort();
            assertThatThrownBy(() -> start(endpoint, control))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("aeron.control: '" + control + "'")
                    .hasMessageContaining("free port");
        }
    }

    @Test
    void shouldNameTheControlThatFollowsFromTheEndpoint() throws IOException {
        int port = freePort();
        try (var taken = new DatagramSocket(port + 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> start("127.0.0.1:" + port, null))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("aeron.control: '127.0.0.1:" + taken.getLocalPort() + "'")
                    .hasMessageContaining("after aeron.endpoint's");
        }
    }

    @Test
    void shouldNameAControlOfAnotherMachine() throws IOException {
        String endpoint = "127.0.0.1:" + freePort();
        assertThatThrownBy(() -> start(endpoint, "192.0.2.1:40124"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("aeron.control: '192.0.2.1:40124'");
    }

    /** One that nobody uses, nor the next. */
    private static int freePort() throws IOException {
        while (true) {
            try (var first = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                    var _ =
                            new DatagramSocket(
                                    first.getLocalPort() + 1, InetAddress.getLoopbackAddress())) {
                return first.getLocalPort();
            } catch (BindException e) {
                // The next one is taken: another pair.
            }
        }
    }

    @Test
    void shouldNameAnEndpointOfAnotherMachine() {
        assertThatThrownBy(() -> start("192.0.2.1:40123", null))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("aeron.endpoint: '192.0.2.1:40123'");
    }

    private AeronDoor start(String endpoint, @Nullable String control) {
        return AeronDoor.start(
                new AeronConfig(
                        true,
                        AeronConfig.Driver.EMBEDDED,
                        folder.resolve("driver").toString(),
                        endpoint,
                        control,
                        1001,
                        1 << 16,
                        4,
                        AeronConfig.Idle.BACKOFF),
                HttpConfig.defaults(),
                rings,
                PollingHost.NONE,
                new SystemEpochNanoClock(),
                SystemNanoClock.INSTANCE);
    }
}
