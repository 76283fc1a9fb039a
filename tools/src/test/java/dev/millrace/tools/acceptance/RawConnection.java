package dev.millrace.tools.acceptance;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Bytes to and from a server's port, for what no well-bred client would send. */
final class RawConnection implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream input;

    RawConnection(URI server) {
        this(server, 0);
    }

    /**
     * A client that takes little at a time.
     *
     * @param receiveBuffer bytes that the kernel keeps for it; 0 leaves that to the kernel
     */
    RawConnection(URI server, int receiveBuffer) {
        try {
            socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(server.getHost(), server.getPort()));
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            input = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A POST with a correct length, as text. */
    static String post(String path, String body) {
        return "POST "
                + path
                + " HTTP/1.1\r\nHost: millrace\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\n\r\n"
                + body;
    }

    /** Sends; a server that has hung up already is not an error. */
    void send(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().flush();
        } catch (SocketException e) {
            // Refused before it was read: what the server said can still be read.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** No more bytes from this side. */
    void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until {@code mark}, in ASCII, has come, or the other side hangs up. */
    String readUntil(String mark) {
        var latin = new StringBuilder();
        try {
            int next = input.read();
            while (next >= 0) {
                latin.append((char) next);
                int start = latin.length() - mark.length();
                if (start >= 0 && latin.indexOf(mark, start) == start) {
                    break;
                }
                next = input.read();
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError(
                    "no '" + mark + "' in " + PATIENCE_MILLIS + " ms, only: " + text(latin), e);
        } catch (IOException e) {
            // A reset: what came before it counts.
            return text(latin);
        }
        return text(latin);
    }

    private static String text(StringBuilder latin) {
        byte[] bytes = latin.toString().getBytes(StandardCharsets.ISO_8859_1);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Reads one answer with a Content-Length: head and body; empty where the server hung up. */
    String readAnswer() {
        String head = readUntil("\r\n\r\n");
        int at = head.toLowerCase(Locale.ROOT).indexOf("content-length: ");
        if (at < 0) {
            return head;
        }
        int length = Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)).strip());
        try {
            return head + new String(input.readNBytes(length), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hangs up at once with a reset, as a killed client does. */
    void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
