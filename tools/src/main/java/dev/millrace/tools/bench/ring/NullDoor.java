package dev.millrace.tools.bench.ring;

import dev.millrace.config.HttpConfig;
import dev.millrace.ingress.http.HttpDoor;
import dev.millrace.ringbuffer.Hosting;
import java.io.IOException;
import org.agrona.concurrent.OffsetEpochNanoClock;
import org.agrona.concurrent.SystemNanoClock;

/** The real door of a {@link NullServer}, which runs its stages where the plan says so. */
public final class NullDoor implements AutoCloseable {
    private final HttpDoor door;
    private final Hosting hosting;

    public NullDoor(NullServer server, HttpConfig http) throws IOException {
        door =
                HttpDoor.start(
                        http,
                        server.rings(),
                        server.models(),
                        new NullHealth(server.pipeline()),
                        server.metrics()::scrape,
                        new OffsetEpochNanoClock(),
                        SystemNanoClock.INSTANCE,
                        "null");
        hosting = server.pipeline().runOn(door.ioThread());
    }

    /** The port listened on. */
    public int port() {
        return door.port();
    }

    @Override
    public void close() {
        hosting.close();
        door.close();
    }
}
