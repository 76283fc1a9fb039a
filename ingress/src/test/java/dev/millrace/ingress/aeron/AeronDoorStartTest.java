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
