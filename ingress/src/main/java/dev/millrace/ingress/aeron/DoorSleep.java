package dev.millrace.ingress.aeron;

import dev.millrace.ingress.aeron.frame.Bell;
import io.aeron.Aeron;
import io.aeron.Counter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.VarHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where the door's thread sleeps, and what wakes it: a {@link Bell} that clients ring, the driver's
 * own sockets where it takes requests over UDP, and {@link #wake}. Runs on: the door's thread, but
 * for {@link #wake}.
 *
 * <p>To miss nobody the thread says that it is asleep, looks once more for work, and then sleeps.
 */
final class DoorSleep implements AutoCloseable {
    private final Selector selector;
    private final DatagramChannel ringing;
    private final ByteBuffer rung = ByteBuffer.allocateDirect(1);
    private final Consumer<SelectionKey> woken = this::woken;
    private @Nullable Counter counter;
    private volatile boolean asleep;

    DoorSleep() {
        try {
            selector = Selector.open();
            ringing = DatagramChannel.open();
            ringing.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            ringing.configureBlocking(false);
            ringing.register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            throw new UncheckedIOException("the door's thread has no socket to be woken by", e);
        }
    }

    /** Control path, once Aeron is there: tells clients where the bell is. */
    void announce(Aeron aeron, int streamId) {
        var key = new UnsafeBuffer(new byte[Bell.KEY_BYTES]);
        int port = ringing.socket().getLocalPort();
        Bell.key(key, streamId, port);
        var label = new UnsafeBuffer(new byte[128]);
        int length =
                label.putStringWithoutLengthAscii(
                        0, "millrace door asleep: stream " + streamId + ", bell " + port);
        counter = aeron.addCounter(Bell.COUNTER_TYPE, key, 0, Bell.KEY_BYTES, label, 0, length);
    }

    /** What arrives there ends a sleep. Runs on: the driver, which is the door's thread. */
    void watch(DatagramChannel socket) {
        try {
            socket.register(selector, SelectionKey.OP_READ);
        } catch (ClosedChannelException closedAlready) {
            return;
        }
    }

    boolean asleep() {
        return asleep;
    }

    /** Says whether the bell must be rung. */
    void asleep(boolean now) {
        asleep = now;
        Counter said = counter;
        if (said != null && !said.isClosed()) {
            said.set(now ? Bell.ASLEEP : Bell.AWAKE);
        }
    }

    /** Returns when somebody rang, or something arrived, or the time is over. */
    void sleep(long millis) {
        try {
            selector.select(woken, millis);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void woken(SelectionKey key) {
        if (key.channel().equals(ringing)) {
            try {
                while (ringing.receive(rung.clear()) != null) {
                    // However many rang, the door looks once.
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** There is something to send. Any thread; costs a look where the door is awake. */
    void wake() {
        // What is to be sent must be visible before this is read, or both sides miss each other.
        VarHandle.fullFence();
        if (asleep) {
            selector.wakeup();
        }
    }

    @Override
    public void close() {
        CloseHelper.closeAll(ringing, selector);
    }
}
