package dev.millrace.tools.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Sends ready-made HTTP/1.1 requests over connections that are kept, and reads when their answers
 * end. The schedule's clock is this client's own event loop: where {@link OpenLoop} waits for the
 * next request to be due, answers are read, so that one thread, and one core, is all it takes.
 *
 * <p>Owned by one thread. Below two milliseconds it waits spinning.
 */
public final class WireClient implements SendClock, OpenLoop.Target<Shot>, AutoCloseable {
    private static final long SPIN_NANOS = 2_000_000;
    private static final long TURN_NANOS = 100_000_000;
    private static final int DEFAULT_PORT = 80;

    private final InetSocketAddress address;
    private final URI server;
    private final WireAnswers answers;
    private final Selector selector;
    private final List<WireConnection> connections = new ArrayList<>();
    private final ArrayDeque<WireConnection> free = new ArrayDeque<>();
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final Consumer<SelectionKey> ready = this::ready;
    private int underWay;

    /** A request that found no connection free. */
    private record Waiting(ByteBuffer request, long dueNanos) {}

    /**
     * Connects.
     *
     * @param server scheme http, host and port
     * @param count connections, and so requests under way at once
     * @throws IOException where nothing listens there
     */
    public WireClient(URI server, int count, WireAnswers answers) throws IOException {
        this.server = server;
        this.answers = answers;
        int port = server.getPort() < 0 ? DEFAULT_PORT : server.getPort();
        address = new InetSocketAddress(server.getHost(), port);
        selector = Selector.open();
        try {
            for (int i = 0; i < count; i++) {
                var connection = new WireConnection();
                connect(connection);
                connections.add(connection);
                free.add(connection);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void connect(WireConnection connection) throws IOException {
        try {
            SocketChannel channel = SocketChannel.open(address);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            connection.open(channel, channel.register(selector, SelectionKey.OP_READ, connection));
        } catch (ConnectException e) {
            throw new IOException("nothing listens at " + server, e);
        }
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    /** Reads answers until that moment, and once where it has passed. */
    @Override
    public void awaitUntil(long nanos) {
        long left = nanos - System.nanoTime();
        turn(Math.max(0, left));
        for (left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            turn(left);
        }
    }

    @Override
    public void awaitRoom() {
        while (free.isEmpty()) {
            turn(TURN_NANOS);
        }
    }

    /**
     * Sends it where a connection is free, else as soon as one is; measured from when it is due.
     */
    @Override
    public void send(Shot shot, long dueNanos) {
        WireConnection connection = free.poll();
        if (connection == null) {
            waiting.add(new Waiting(shot.request(), dueNanos));
        } else {
            send(connection, shot.request(), dueNanos);
        }
    }

    private void send(WireConnection connection, ByteBuffer request, long dueNanos) {
        underWay++;
        try {
            if (!connection.isOpen()) {
                connect(connection);
            }
            connection.send(request, dueNanos);
        } catch (IOException e) {
            over(connection, false, dueNanos, String.valueOf(e.getMessage()));
        }
    }

    /** Requests that have no answer yet. */
    public int unanswered() {
        return underWay + waiting.size();
    }

    /** Reads answers until all are there, or that moment. */
    public void awaitAnswers(long untilNanos) {
        while (unanswered() > 0 && untilNanos - System.nanoTime() > 0) {
            turn(Math.min(TURN_NANOS, untilNanos - System.nanoTime()));
        }
    }

    private void turn(long nanos) {
        try {
            if (nanos > SPIN_NANOS) {
                selector.select(ready, TimeUnit.NANOSECONDS.toMillis(nanos - SPIN_NANOS / 2));
            } else {
                selector.selectNow(ready);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void ready(SelectionKey key) {
        var connection = (WireConnection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.write();
            }
            if (key.isReadable()) {
                boolean busy = connection.busy();
                if (connection.read(answers)) {
                    over(connection, true, 0, "");
                } else if (!busy) {
                    // The server closed a connection that nobody uses.
                    connection.close();
                }
            }
        } catch (IOException e) {
            if (connection.busy()) {
                over(connection, false, connection.dueNanos(), String.valueOf(e.getMessage()));
            } else {
                connection.close();
            }
        }
    }

    private void over(WireConnection connection, boolean whole, long dueNanos, String problem) {
        long now = System.nanoTime();
        underWay--;
        if (whole) {
            answers.ended(
                    connection.status(),
                    connection.dueNanos(),
                    connection.sentNanos(),
                    now,
                    connection.said());
        } else {
            connection.close();
            answers.ended(0, dueNanos, now, now, problem);
        }
        Waiting next = waiting.poll();
        if (next == null) {
            free.add(connection);
        } else {
            send(connection, next.request, next.dueNanos);
        }
    }

    @Override
    public void close() {
        connections.forEach(WireConnection::close);
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
