package dev.millrace.tools.bench.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Answers every request with the same bytes, and once stands still with all of its connections, as
 * a server in a long pause does.
 */
final class StallingServer implements AutoCloseable {
    final AtomicInteger answered = new AtomicInteger();

    private final ServerSocket socket = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final byte[] answer;
    private final int stallAt;
    private final long stallNanos;
    private volatile long stalledUntil = System.nanoTime();

    /**
     * @param stallAt stands still when it has answered so many; never where negative
     */
    StallingServer(String answer, int stallAt, long stallNanos) throws IOException {
        this.answer = answer.getBytes(StandardCharsets.UTF_8);
        this.stallAt = stallAt;
        this.stallNanos = stallNanos;
        threads.execute(this::accept);
    }

    /** A whole answer with a length. */
    static String plain(int status, String body) {
        return "HTTP/1.1 "
                + status
                + " said\r\ncontent-length: "
                + body.length()
                + "\r\n\r\n"
                + body;
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = socket.accept();
                open.add(connection);
                threads.execute(() -> serve(connection));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void serve(Socket connection) {
        try (connection;
                InputStream in = new BufferedInputStream(connection.getInputStream());
                OutputStream out = connection.getOutputStream()) {
            connection.setTcpNoDelay(true);
            for (Asked asked = read(in); asked != Asked.NOTHING; asked = read(in)) {
                if (asked == Asked.METRICS) {
                    out.write(plain(404, "none").getBytes(StandardCharsets.UTF_8));
                    continue;
                }
                if (answered.incrementAndGet() == stallAt) {
                    stalledUntil = System.nanoTime() + stallNanos;
                }
                for (long left = left(); left > 0; left = left()) {
                    LockSupport.parkNanos(left);
                }
                out.write(answer);
            }
        } catch (IOException | UncheckedIOException e) {
            // The client went away.
        }
    }

    private long left() {
        return stalledUntil - System.nanoTime();
    }

    private enum Asked {
        NOTHING,
        METRICS,
        ANSWER
    }

    /** One request to its end. */
    private static Asked read(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return Asked.NOTHING;
            }
            head.append((char) next);
        }
        if (head.indexOf("GET /metrics") == 0) {
            return Asked.METRICS;
        }
        String length = head.toString().replaceAll("(?s).*content-length: (\\d+).*", "$1");
        in.readNBytes(Integer.parseInt(length));
        return Asked.ANSWER;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket connection : open) {
            connection.close();
        }
        threads.close();
    }
}
