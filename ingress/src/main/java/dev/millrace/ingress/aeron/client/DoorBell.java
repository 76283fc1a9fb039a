package dev.millrace.ingress.aeron.client;

import dev.millrace.ingress.aeron.frame.Bell;
import io.aeron.Aeron;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.agrona.concurrent.status.CountersReader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes a door on this machine where it sleeps; does nothing where there is none. Owned by the
 * client's thread.
 */
final class DoorBell implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DoorBell.class);
    private static final int NONE = -1;

    private final CountersReader counters;
    private final ByteBuffer one = ByteBuffer.allocateDirect(1);
    private int counter = NONE;
    private int port;
    private @Nullable InetSocketAddress address;
    private @Nullable DatagramChannel channel;

    /** Looks for the door's bell among the counters of its driver. */
    DoorBell(Aeron aeron, int streamId) {
        counters = aeron.countersReader();
        counters.forEach((id, type, key, label) -> {
            if (type == Bell.COUNTER_TYPE && Bell.streamId(key) == streamId) {
                counter = id;
                port = Bell.port(key);
            }
        });
        if (counter == NONE) {
            return;
        }
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try {
            channel = DatagramChannel.open();
            channel.configureBlocking(false);
        } catch (IOException e) {
            LOG.warn("no socket to wake the door with, which then looks by itself: {}", e);
        }
    }

    /** Behind a message: rings where nobody else woke the door. */
    void ring() {
        DatagramChannel to = channel;
        if (to == null) {
            return;
        }
        // The message must be visible before the counter is read, or both sides miss each other.
        VarHandle.fullFence();
        if (counters.getCounterValue(counter) != Bell.ASLEEP) {
            return;
        }
        try {
            to.send(one.clear(), address);
        } catch (IOException e) {
            LOG.warn("the door cannot be woken, and looks by itself: {}", e.toString());
            channel = null;
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
