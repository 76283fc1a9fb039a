package dev.millrace.tools.bench.doors;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * HTTP/1.1 on one connection that is kept: a request is one write, its answer the reads until it is
 * whole. As little as a client can do.
 */
final class HttpAsker implements Asker {
    private static final int ROOM = 16 << 10;
    private static final byte[] OK = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH = "content-length: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final SocketChannel channel;
    private final ByteBuffer request;
    private final ByteBuffer answer = ByteBuffer.allocateDirect(ROOM);
    private final byte[] bytes = new byte[ROOM];

    HttpAsker(int port, String path, byte[] body) throws IOException {
        channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        byte[] head =
                ("POST "
                                + path
                                + " HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: "
                                + body.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        request = ByteBuffer.allocateDirect(head.length + body.length).put(head).put(body);
    }

    @Override
    public String name() {
        return "http";
    }

    @Override
    public void ask() throws IOException {
        request.flip();
        while (request.hasRemaining()) {
            channel.write(request);
        }
        answer.clear();
        int whole = Integer.MAX_VALUE;
        while (answer.position() < whole) {
            if (channel.read(answer) < 0) {
                throw new IllegalStateException("the server closed the connection");
            }
            if (whole == Integer.MAX_VALUE) {
                whole = wholeLength();
            }
        }
    }

    /** Bytes of head and body, where the head is there. */
    private int wholeLength() {
        int length = answer.position();
        answer.get(0, bytes, 0, length);
        int end = find(HEAD_END, 0, length);
        if (end < 0) {
            return Integer.MAX_VALUE;
        }
        if (find(OK, 0, OK.length) != 0) {
            throw new IllegalStateException(
                    new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
        }
        int body = 0;
        int at = find(LENGTH, 0, end);
        for (int i = at + LENGTH.length; at >= 0 && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
            body = 10 * body + bytes[i] - '0';
        }
        return end + HEAD_END.length + body;
    }

    /** Where those bytes are, names of headers in any case; -1 for nowhere. */
    private int find(byte[] what, int from, int to) {
        for (int at = from; at + what.length <= to; at++) {
            int i = 0;
            while (i < what.length && same(bytes[at + i], what[i])) {
                i++;
            }
            if (i == what.length) {
                return at;
            }
        }
        return -1;
    }

    private static boolean same(byte one, byte other) {
        return one == other || (((one | 0x20) == other) && other >= 'a' && other <= 'z');
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
