package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DisconnectTest {
    private EchoServer server;

    @BeforeEach
    void start() throws IOException {
        server = new EchoServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void awaitTaken(int requests) {
        await().until(() -> server.lane.load() == requests);
    }

    private void awaitOneCancel() {
        await().until(() -> server.lane.cancelled.size() == 1);
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isEqualTo(1);
    }

    @Test
    void shouldCancelWhatAClientWaitsForWhenItGoes() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "hold"));
            awaitTaken(1);
        }
        awaitOneCancel();
    }

    @Test
    void shouldCancelWhenTheConnectionIsReset() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "hold"));
            awaitTaken(1);
            client.socket.setSoLinger(true, 0);
        }
        awaitOneCancel();
    }

    @Test
    void shouldCancelThoughAPipelinedRequestWaits() throws IOException {
        for (boolean together : new boolean[] {true, false}) {
            server.lane.cancelled.clear();
            long before = server.count(Counter.CANCELS_PUBLISHED);
            String first = RawClient.post("/v1/completions", "hold");
            String next = RawClient.post("/v1/completions", "never run");
            try (var client = new RawClient(server)) {
                if (together) {
                    client.send(first + next);
                    awaitTaken(1);
                } else {
                    client.send(first);
                    awaitTaken(1);
                    client.send(next);
                    client.send(next);
                }
            }
            await().until(() -> server.lane.cancelled.size() == 1);
            server.awaitQuiet();
            assertThat(server.count(Counter.CANCELS_PUBLISHED)).isEqualTo(before + 1);
        }
        assertThat(server.count(Counter.REQUESTS_PUBLISHED)).isEqualTo(2);
    }

    @Test
    void shouldServeWhatWasPipelinedWhileARequestRan() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "hold"));
            awaitTaken(1);
            String next = RawClient.post("/v1/completions", "second");
            client.send(next.substring(0, 30));
            // The part must have been looked at while the first request still ran.
            try (var other = new RawClient(server)) {
                other.send(RawClient.post("/v1/completions", "other")).answer();
            }
            client.send(next.substring(30) + RawClient.get("/v2/health/live"));
            server.lane.releaseHeld = true;
            assertThat(client.answer().text()).isEqualTo("k");
            assertThat(client.answer().text()).isEqualTo("second");
            assertThat(client.answer().text()).isEqualTo("{\"live\":true}");
        }
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isZero();
    }

    @Test
    void shouldSurviveMorePipelinedThanItKeeps() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "hold"));
            awaitTaken(1);
            var many = new StringBuilder();
            for (int i = 0; i < 500; i++) {
                many.append(RawClient.post("/v1/completions", "number " + i));
            }
            client.send(many.toString());
            server.lane.releaseHeld = true;
            assertThat(client.answer().text()).isEqualTo("k");
            for (int i = 0; i < 500; i++) {
                assertThat(client.answer().text()).isEqualTo("number " + i);
            }
        }
    }

    @Test
    void shouldCancelAStreamInItsMiddle() throws IOException {
        try (var client = new RawClient(server)) {
            client.send(RawClient.post("/v1/completions", "stream 0 10"));
            var head = client.head();
            assertThat(head.header("content-type")).startsWith("text/event-stream");
            assertThat(head.header("cache-control")).isEqualTo("no-cache");
            assertThat(head.header("x-accel-buffering")).isEqualTo("no");
            assertThat(client.chunk()).hasSizeGreaterThanOrEqualTo(10);
        }
        awaitOneCancel();
    }

    @Test
    void shouldNotCancelWhatWasAnswered() throws IOException {
        for (int i = 0; i < 100; i++) {
            try (var client = new RawClient(server)) {
                client.send(RawClient.post("/v1/completions", "x")).answer();
            }
        }
        server.awaitQuiet();
        assertThat(server.count(Counter.CANCELS_PUBLISHED)).isZero();
    }
}
