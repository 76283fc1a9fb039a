package dev.millrace.ingress.aeron;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.HttpConfig;
import dev.millrace.ingress.aeron.client.AnswerHandler;
import dev.millrace.ingress.aeron.client.CallOptions;
import dev.millrace.ingress.aeron.client.ClientOptions;
import dev.millrace.ingress.aeron.client.MillraceClient;
import dev.millrace.ingress.aeron.client.TokenHandler;
import dev.millrace.ingress.http.EchoServer;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.ringbuffer.PollingHost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client that asks and does not read. Of unread answers its buffer takes 32 KiB. */
@Timeout(60)
class SlowReaderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int BACKLOG_BYTES = 64 << 10;

    /** The door does not wait for long for a client that reads nothing. */
    private static final String IMPATIENT = "impatient";

    @TempDir Path folder;

    private EchoServer server;
    private AeronDoor door;
    private MillraceClient slow;
    private MillraceClient other;

    @BeforeEach
    void open(TestInfo test) throws IOException {
        int idleMillis = test.getTags().contains(IMPATIENT) ? 300 : 60_000;
        server = new EchoServer();
        HttpConfig http = EchoServer.HTTP;
        var limits =
                new HttpConfig(
                        http.host(),
                        0,
                        1,
                        http.maxBodyBytes(),
                        http.maxHeaderBytes(),
                        http.maxHeaders(),
                        http.bodyTimeoutMillis(),
                        idleMillis,
                        BACKLOG_BYTES);
        String driver = folder.resolve("driver").toString();
        var config =
                new AeronConfig(
                        true,
                        AeronConfig.Driver.EMBEDDED,
                        driver,
                        null,
                        null,
                        1001,
                        1 << 16,
                        4,
                        AeronConfig.Idle.BACKOFF);
        door =
                AeronDoor.start(
                        config,
                        limits,
                        server.rings(),
                        PollingHost.NONE,
                        new SystemEpochNanoClock(),
                        SystemNanoClock.INSTANCE);
        slow = MillraceClient.connect(ClientOptions.ipc(driver));
        other = MillraceClient.connect(ClientOptions.ipc(driver));
    }

    @AfterEach
    void close() {
        slow.close();
        other.close();
        server.awaitQuiet();
        door.stop();
        server.close();
        door.close();
        assertThat(folder.resolve("driver")).doesNotExist();
    }

    @Test
    void shouldDropAStreamThatNobodyReads() {
        var stream = new Heard();
        assertThat(slow.generate("stream 0 400".getBytes(UTF_8), stream)).isPositive();
        while (server.count(Counter.SLOW_READERS_DROPPED) == 0) {
            // Whoever else asks is answered meanwhile.
            assertThat(echo(other, "others")).isEqualTo("others");
        }
        await().atMost(PATIENCE).until(() -> server.cancelled() == 1);
        server.awaitQuiet();

        // What it has not read is still there, and behind it why there is no more.
        stream.await(slow);
        assertThat(stream.status).isEqualTo(499);
        assertThat(stream.text).contains("reads too slowly");
        assertThat(echo(slow, "again")).isEqualTo("again");
        assertThat(server.count(Counter.SLOW_READERS_DROPPED)).isEqualTo(1);
    }

    @Test
    void shouldKeepWhatAReaderComesBackFor() {
        var stream = new Heard();
        // 20 KB more than its buffer takes, and less than may wait.
        assertThat(slow.generate("stream 125 400".getBytes(UTF_8), stream)).isPositive();
        server.awaitQuiet();
        stream.await(slow);
        assertThat(stream.status).isZero();
        assertThat(server.count(Counter.SLOW_READERS_DROPPED)).isZero();
    }

    @Test
    @Tag(IMPATIENT)
    void shouldCutOffWhoNeverReads() {
        var stream = new Heard();
        assertThat(slow.generate("stream 125 400".getBytes(UTF_8), stream)).isPositive();
        await().atMost(PATIENCE)
                .pollInSameThread()
                .until(() -> slow.generate("x".getBytes(UTF_8), new Heard()) < 0);
        assertThat(echo(other, "others")).isEqualTo("others");
    }

    private static String echo(MillraceClient client, String text) {
        byte[] body = text.getBytes(UTF_8);
        var heard = new Heard();
        client.embed(new UnsafeBuffer(body), 0, body.length, CallOptions.NONE, heard);
        heard.await(client);
        return heard.text;
    }

    private static final class Heard implements AnswerHandler, TokenHandler {
        private boolean over;
        private int status;
        private String text = "";

        void await(MillraceClient client) {
            org.awaitility.Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInSameThread()
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        client.poll();
                        return over;
                    });
        }

        @Override
        public void onToken(long id, DirectBuffer event, int offset, int length) {}

        @Override
        public void onEnd(long id) {
            over = true;
        }

        @Override
        public void onAnswer(
                long id, DirectBuffer answer, int offset, int length, int inferenceHeaderLength) {
            over = true;
            text = answer.getStringWithoutLengthUtf8(offset, length);
        }

        @Override
        public void onRefused(
                long id, int status, int retryAfterMillis, DirectBuffer error, int at, int length) {
            over = true;
            this.status = status;
            text = error.getStringWithoutLengthUtf8(at, length);
        }
    }
}
