package dev.millrace.tools.load;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link WireClient}, and the exchange that is on it. */
final class WireConnection {
    private static final int BUFFER_BYTES = 64 << 10;

    private final byte[] in = new byte[BUFFER_BYTES];
    private final WireAnswer answer = new WireAnswer();
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer unsent;
    private int end;
    private boolean busy;
    private long dueNanos;
    private long sentNanos;

    void open(SocketChannel connected, SelectionKey registered) {
        channel = connected;
        key = registered;
        end = 0;
    }

    boolean isOpen() {
        return channel != null && channel.isOpen();
    }

    /** Whether a request is under way. */
    boolean busy() {
        return busy;
    }

    void send(ByteBuffer request, long due) throws IOException {
        busy = true;
        dueNanos = due;
        sentNanos = System.nanoTime();
        answer.begin(due);
        unsent = request.duplicate();
        write();
    }

    /** Writes what is unsent; asks to be told when the socket has room again. */
    void write() throws IOException {
        ByteBuffer left = unsent;
        if (left == null) {
            return;
        }
        Objects.requireNonNull(channel).write(left);
        SelectionKey registered = Objects.requireNonNull(key);
        if (left.hasRemaining()) {
            registered.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        } else {
            if (registered.interestOps() != SelectionKey.OP_READ) {
                registered.interestOps(SelectionKey.OP_READ);
            }
            unsent = null;
        }
    }

    /**
     * Reads what is there.
     *
     * @return whether the answer is whole
     * @throws IOException where it is not, and cannot become so
     */
    boolean read(WireAnswers parts) throws IOException {
        int bytes = Objects.requireNonNull(channel).read(ByteBuffer.wrap(in, end, in.length - end));
        if (bytes < 0) {
            if (!busy || !answer.endsWithConnection()) {
                throw new EOFException("the server closed the connection");
            }
            close();
            busy = false;
            return true;
        }
        if (!busy || bytes == 0) {
            return false;
        }
        end += bytes;
        int taken = answer.accept(in, 0, end, parts);
        boolean whole = answer.whole();
        if (whole && taken < end) {
            throw new IOException("the server sent more than one answer");
        }
        end -= taken;
        if (end == in.length) {
            throw new IOException("a head or line of more than " + BUFFER_BYTES + " bytes");
        }
        System.arraycopy(in, taken, in, 0, end);
        if (whole) {
            busy = false;
            if (answer.closes()) {
                close();
            }
        }
        return whole;
    }

    int status() {
        return answer.status();
    }

    String said() {
        return answer.said();
    }

    long dueNanos() {
        return dueNanos;
    }

    long sentNanos() {
        return sentNanos;
    }

    void close() {
        SocketChannel open = channel;
        channel = null;
        unsent = null;
        busy = false;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It is of no use any more either way.
            }
        }
    }
}
