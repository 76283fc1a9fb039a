package dev.millrace.ingress.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.ServerConnection;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.AttachmentKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * Notices that an HTTP/1 client went away while its request is in the ring, when Undertow reads
 * nothing. One per connection; runs on: its I/O thread.
 *
 * <p>It reads the socket on the connection's behalf. The end of it means that the client is gone (a
 * client that only ends its own side counts as gone). Bytes are the next, pipelined request: they
 * are kept where Undertow looks for them first, up to one buffer; a client that sends more than
 * that ahead is not watched further.
 */
final class DisconnectWatch
        implements ChannelListener<ConduitStreamSourceChannel>, ServerConnection.CloseListener {
    private static final AttachmentKey<DisconnectWatch> KEY =
            AttachmentKey.create(DisconnectWatch.class);

    private final HttpServerConnection connection;
    private @Nullable HttpExchangeCall current;

    private DisconnectWatch(HttpServerConnection connection) {
        this.connection = connection;
    }

    static DisconnectWatch of(HttpServerConnection connection) {
        DisconnectWatch watch = connection.getAttachment(KEY);
        if (watch == null) {
            watch = new DisconnectWatch(connection);
            connection.putAttachment(KEY, watch);
            connection.addCloseListener(watch);
        }
        return watch;
    }

    void begin(HttpExchangeCall call) {
        current = call;
    }

    /** The request is wholly read: from here on the socket is watched. */
    void peek() {
        connection.getChannel().getSourceChannel().setReadListener(this);
        connection.getOriginalSourceConduit().resumeReads();
    }

    void end(HttpExchangeCall call) {
        if (current == call) {
            current = null;
        }
    }

    @Override
    public void closed(ServerConnection closed) {
        HttpExchangeCall call = current;
        if (call != null) {
            call.gone();
        }
    }

    @Override
    public void handleEvent(ConduitStreamSourceChannel channel) {
        HttpExchangeCall call = current;
        if (call == null) {
            connection.getOriginalSourceConduit().suspendReads();
            return;
        }
        try {
            if (read() < 0) {
                call.gone();
            }
        } catch (IOException reset) {
            call.gone();
        }
    }

    private int read() throws IOException {
        PooledByteBuffer ahead = connection.getExtraBytes();
        if (ahead == null) {
            return readInto(connection.getByteBufferPool().allocate());
        }
        ByteBuffer buffer = ahead.getBuffer();
        if (buffer.remaining() == buffer.capacity()) {
            connection.getOriginalSourceConduit().suspendReads();
            return 0;
        }
        buffer.compact();
        try {
            return connection.getOriginalSourceConduit().read(buffer);
        } finally {
            buffer.flip();
        }
    }

    private int readInto(PooledByteBuffer pooled) throws IOException {
        int bytes = -1;
        try {
            bytes = connection.getOriginalSourceConduit().read(pooled.getBuffer());
        } finally {
            if (bytes > 0) {
                pooled.getBuffer().flip();
                connection.setExtraBytes(pooled);
            } else {
                pooled.close();
            }
        }
        return bytes;
    }
}
