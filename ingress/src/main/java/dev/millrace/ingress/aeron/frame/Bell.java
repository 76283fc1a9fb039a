package dev.millrace.ingress.aeron.frame;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * How a client on the door's machine wakes it: a counter of Aeron's says whether the door sleeps,
 * and a datagram of any one byte to a port of the loopback address wakes it. Who sends a request
 * and then finds the counter at {@link #ASLEEP} rings; who never rings waits until the door looks
 * by itself.
 *
 * <pre>
 *  offset  bytes  field of the counter's key, little-endian
 *       0      4  stream of the door's requests
 *       4      4  port
 * </pre>
 *
 * <p>Stateless accessors: any thread.
 */
public final class Bell {
    /** Type of the counter; Aeron's own are below 1,000. */
    public static final int COUNTER_TYPE = 6472;

    public static final int KEY_BYTES = 8;
    public static final long AWAKE = 0;
    public static final long ASLEEP = 1;

    private static final int PORT = 4;

    private Bell() {}

    public static void key(MutableDirectBuffer to, int streamId, int port) {
        to.putInt(0, streamId, ByteOrder.LITTLE_ENDIAN);
        to.putInt(PORT, port, ByteOrder.LITTLE_ENDIAN);
    }

    public static int streamId(DirectBuffer key) {
        return key.getInt(0, ByteOrder.LITTLE_ENDIAN);
    }

    public static int port(DirectBuffer key) {
        return key.getInt(PORT, ByteOrder.LITTLE_ENDIAN);
    }
}
