package dev.millrace.tools.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.config.ServerConfig;
import dev.millrace.gpustage.torch.TensorScope;
import dev.millrace.ringbuffer.Counter;
import dev.millrace.tools.bench.ring.ThreadCosts;
import dev.millrace.tools.serve.Server;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A server in this process, a client of it, and the ground check when it is closed. */
final class RunningServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Server server;
    private final Client client;
    private final Set<String> threadsBefore;
    private final int keptBefore;
    private final int scopesBefore;

    private RunningServer(ServerConfig config) {
        threadsBefore = threads();
        keptBefore = TensorScope.liveKept();
        scopesBefore = TensorScope.liveScopes();
        server = Server.start(config);
        client = new Client(URI.create("http://127.0.0.1:" + server.port()));
    }

    static RunningServer start(ServerConfig config) {
        return new RunningServer(config);
    }

    Client client() {
        return client;
    }

    URI uri() {
        return client.base();
    }

    int port() {
        return server.port();
    }

    Server server() {
        return server;
    }

    long counter(Counter counter) {
        return server.rings().counters().get(counter);
    }

    /** Requests between door and last byte. */
    int inFlight() {
        return server.rings().inFlight().count();
    }

    /** Waits until nothing runs, then checks that nothing is held by what ran. */
    void awaitIdle() {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> {
                    var rings = server.rings();
                    assertThat(rings.inFlight().count()).as("in flight").isZero();
                    assertThat(server.pipeline().laneLoad()).as("in lanes").isZero();
                    assertThat(rings.requestBuffers().inUse()).as("large request buffers").isZero();
                    assertThat(rings.replyBuffers().inUse()).as("large reply buffers").isZero();
                });
        assertThat(server.pipeline().stopped()).as("stopped threads").isEmpty();
    }

    /** Native objects alive while nothing runs; what a model holds, and nothing of any request. */
    int liveKept() {
        awaitIdle();
        return TensorScope.liveKept();
    }

    /** Stops the server, which must be idle, and checks that it leaves nothing behind. */
    @Override
    public void close() {
        client.close();
        try {
            awaitIdle();
        } finally {
            server.close();
        }
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> {
                    Set<String> left = threads();
                    left.removeAll(threadsBefore);
                    assertThat(left).as("threads left behind").isEmpty();
                });
        assertThat(TensorScope.liveScopes()).as("tensor scopes").isEqualTo(scopesBefore);
        assertThat(TensorScope.liveKept()).as("native objects").isEqualTo(keptBefore);
    }

    /** Threads of a server by name: its doors', its stages', its lanes', its journal's. */
    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(RunningServer::isServers)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isServers(String thread) {
        return thread.startsWith("XNIO")
                || thread.startsWith("door")
                || thread.startsWith("lane-")
                || thread.startsWith("millrace")
                || thread.startsWith("aeron")
                || thread.equals("journal-pretouch")
                || ThreadCosts.STAGES.contains(thread);
    }
}
