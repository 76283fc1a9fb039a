package dev.millrace.ingress.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.RingConfig;
import dev.millrace.ringbuffer.Counter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackPressureTest {
    @Test
    void shouldRefuseWhileTheRingIsFullAndThenGoOn() throws IOException {
        try (var server = new EchoServer();
                var client = new RawClient(server)) {
            server.lane.taking = false;
            List<RawClient> waiting = new ArrayList<>();
            for (int i = 0; i < EchoServer.RING.slots(); i++) {
                waiting.add(new RawClient(server).send(RawClient.post("/v1/completions", "x")));
            }
            await().until(() -> server.count(Counter.REQUESTS_PUBLISHED) == waiting.size());
            // Warm, then flat.
            refused(client, 500);
            long before = usedHeap();
            refused(client, 3000);
            assertThat(usedHeap() - before).isLessThan(8 << 20);
            assertThat(server.rings.inFlight().count()).isEqualTo(waiting.size());
            assertThat(server.count(Counter.REFUSED_RING_FULL)).isEqualTo(3500);
            server.lane.taking = true;
            for (RawClient one : waiting) {
                assertThat(one.answer().text()).isEqualTo("x");
                one.close();
            }
            client.send(RawClient.post("/v1/completions", "again"));
            assertThat(client.answer().text()).isEqualTo("again");
        }
    }

    private static void refused(RawClient client, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            var answer = client.send(RawClient.post("/v1/embeddings", "y")).answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("retry-after")).isEqualTo("1");
            assertThat(answer.header("retry-after-ms")).isEqualTo("1000");
            assertThat(answer.text()).contains("\"code\":\"server_is_overloaded\"");
        }
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void shouldRefuseOneMoreThanMayBeInFlight() throws IOException {
        var ring = new RingConfig(8, 1024, 2, 1 << 20, 64, 512, 4);
        try (var server = new EchoServer(EchoServer.HTTP, ring);
                var client = new RawClient(server)) {
            List<RawClient> waiting = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                waiting.add(new RawClient(server).send(RawClient.post("/v1/completions", "hold")));
            }
            await().until(() -> server.lane.load() == 4);
            var answer = client.send(RawClient.post("/v2/models/mnist/infer", "x")).answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("retry-after")).isEqualTo("1");
            assertThat(answer.text())
                    .isEqualTo("{\"error\":\"too many requests in flight; at most 4\"}");
            server.lane.releaseHeld = true;
            for (RawClient one : waiting) {
                assertThat(one.answer().text()).isEqualTo("k");
                one.close();
            }
            client.send(RawClient.post("/v1/completions", "again"));
            assertThat(client.answer().text()).isEqualTo("again");
        }
    }

    @Test
    void shouldFinishWhatRunsWhileItDrains() throws IOException {
        try (var server = new EchoServer();
                var running = new RawClient(server);
                var late = new RawClient(server)) {
            running.send(RawClient.post("/v1/completions", "hold"));
            await().until(() -> server.lane.load() == 1);
            server.door.drain();
            var answer = late.send(RawClient.post("/v1/completions", "late")).answer();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("\"code\":\"server_is_draining\"");
            assertThat(answer.header("retry-after")).isEqualTo("1");
            try (var probe = new RawClient(server)) {
                assertThat(probe.send(RawClient.get("/v2/health/ready")).answer().status())
                        .isEqualTo(503);
            }
            server.lane.releaseHeld = true;
            assertThat(running.answer().text()).isEqualTo("k");
        }
    }

    @Test
    void shouldCancelWhatStillRunsWhenItCloses() throws IOException {
        try (var server = new EchoServer();
                var running = new RawClient(server);
                var sending = new RawClient(server)) {
            running.send(RawClient.post("/v1/completions", "hold"));
            sending.send(RawClient.post("/v1/completions", "x".repeat(3000)).substring(0, 500));
            await().until(() ->
                    server.lane.load() == 1 && server.rings.requestBuffers().inUse() == 1);
            server.door.close();
            await().until(() -> server.lane.cancelled.size() == 1);
            assertThat(running.ended()).isTrue();
            server.awaitQuiet();
        }
    }
}
