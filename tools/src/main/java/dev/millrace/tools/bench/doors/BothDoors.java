package dev.millrace.tools.bench.doors;

import dev.millrace.config.AeronConfig;
import dev.millrace.config.HttpConfig;
import dev.millrace.config.RingConfig;
import dev.millrace.config.ThreadsConfig;
import dev.millrace.ingress.aeron.AeronDoor;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.tools.bench.ring.NullDoor;
import dev.millrace.tools.bench.ring.NullServer;
import java.io.IOException;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** A {@link NullServer} behind both of its doors. Built and closed on one thread. */
final class BothDoors implements AutoCloseable {
    private final NullServer server;
    private final AeronDoor aeron;
    private final NullDoor http;

    BothDoors(
            ThreadsConfig.Plan plan,
            ThreadsConfig.Waiting waiting,
            boolean journal,
            AeronConfig config)
            throws IOException {
        HttpConfig limits = HttpConfig.defaults().withPort(0);
        server =
                new NullServer(
                        NullServer.ring(RingConfig.defaults().inFlight()),
                        plan,
                        waiting,
                        HttpDoor.ioThreads(limits),
                        journal);
        server.addNullLane();
        aeron =
                AeronDoor.start(
                        config,
                        limits,
                        server.rings(),
                        server.pipeline().pollingHost(),
                        new OffsetEpochNanoClock(),
                        SystemNanoClock.INSTANCE);
        http = new NullDoor(server, limits);
    }

    NullServer server() {
        return server;
    }

    /** Of the HTTP door. */
    int port() {
        return http.port();
    }

    @Override
    public void close() {
        http.close();
        aeron.stop();
        server.close();
        // Behind the stages, which write into its memory.
        aeron.close();
    }
}
