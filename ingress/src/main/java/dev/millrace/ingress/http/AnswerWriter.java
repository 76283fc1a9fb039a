package dev.millrace.ingress.http;

import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * Writes one answer: head with the first bytes, as much per call as the socket takes, the rest when
 * it is writable again. Runs on: the exchange's I/O thread.
 */
final class AnswerWriter {
    /** A request that is refused unread is read on for this long, so that its client sees why. */
    private static final long LINGER_MILLIS = 2_000;

    /** Most bytes of an unwanted body read to keep its connection. */
    private static final int DISCARDED_BYTES = 256 << 10;

    private final HttpExchangeCall call;
    private final HttpServerExchange exchange;
    private final ArrayDeque<Reply> unsent = new ArrayDeque<>(4);
    private @Nullable StreamSinkChannel sink;
    private XnioExecutor.@Nullable Key timer;
    private boolean last;
    private boolean shutdown;
    private boolean done;

    AnswerWriter(HttpExchangeCall call) {
        this.call = call;
        this.exchange = call.exchange;
    }

    /** Takes over a reply's bytes. */
    void add(Reply reply, boolean last) {
        unsent.add(reply);
        this.last |= last;
    }

    /** Nothing was sent, and nothing waits to be. */
    boolean untouched() {
        return sink == null && unsent.isEmpty();
    }

    /** The answer is wholly in the socket. */
    boolean done() {
        return done;
    }

    /** Writes what there is. */
    void pump() {
        try {
            StreamSinkChannel open = sink;
            if (open == null) {
                open = open();
                sink = open;
            }
            if (write(open)) {
                finish(open);
            }
        } catch (IOException clientWentAway) {
            call.gone();
        }
    }

    private StreamSinkChannel open() throws IOException {
        call.head.applyTo(exchange);
        StreamSinkChannel opened = exchange.getResponseChannel();
        if (opened == null) {
            throw new IOException("response channel is taken");
        }
        opened.getWriteSetter().set(this::writable);
        return opened;
    }

    private void writable(StreamSinkChannel open) {
        if (!open.isOpen()) {
            call.gone();
        } else if (!done) {
            pump();
        }
    }

    /** Writes until nothing is left (true) or the socket is full (false). */
    private boolean write(StreamSinkChannel open) throws IOException {
        ByteBuffer scratch = call.thread.writeScratch;
        while (!unsent.isEmpty()) {
            boolean whole = gather(scratch.clear());
            scratch.flip();
            if (!scratch.hasRemaining()) {
                // Nothing but the end, which finish() says.
                removeEmpty();
                continue;
            }
            boolean finalBytes = whole && last;
            int bytes = finalBytes ? open.writeFinal(scratch) : open.write(scratch);
            if (bytes > 0) {
                consume(bytes);
                progressed();
            }
            if (scratch.hasRemaining()) {
                blocked(open);
                return false;
            }
            shutdown |= finalBytes;
        }
        return true;
    }

    /** Copies unsent bytes, in order; true where they all fitted. */
    private boolean gather(ByteBuffer scratch) {
        int left = 0;
        for (Reply reply : unsent) {
            left += reply.length - reply.written;
            if (scratch.hasRemaining()) {
                reply.copyTo(scratch);
            }
        }
        return left == scratch.position();
    }

    private void consume(int bytes) {
        call.unsentBytes.addAndGet(-bytes);
        int left = bytes;
        while (left > 0) {
            Reply first = unsent.element();
            int taken = Math.min(left, first.length - first.written);
            first.written += taken;
            left -= taken;
            if (first.written == first.length) {
                call.door.replies().give(unsent.remove());
            }
        }
    }

    private void removeEmpty() {
        while (!unsent.isEmpty() && unsent.element().written == unsent.element().length) {
            call.door.replies().give(unsent.remove());
        }
    }

    private void finish(StreamSinkChannel open) throws IOException {
        if (last && !shutdown) {
            open.shutdownWrites();
            shutdown = true;
        }
        if (!open.flush()) {
            blocked(open);
            return;
        }
        progressed();
        if (!shutdown) {
            open.suspendWrites();
            return;
        }
        done = true;
        call.sent();
        if (!exchange.isRequestComplete()) {
            linger();
        }
    }

    private void blocked(StreamSinkChannel open) {
        open.resumeWrites();
        if (timer == null) {
            timer = later(call::slow, call.door.config().idleTimeoutMillis());
        }
    }

    private void progressed() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }

    private XnioExecutor.Key later(Runnable task, long millis) {
        return call.thread.ioThread.executeAfter(task, millis, TimeUnit.MILLISECONDS);
    }

    /** Forgets everything that was to be written. */
    void discard() {
        progressed();
        while (!unsent.isEmpty()) {
            call.door.replies().give(unsent.remove());
        }
    }

    // ---- What is left of a request that was answered early.

    /** Reads and drops what has arrived of an unwanted body. */
    void discardArrived() {
        try {
            StreamSourceChannel source = call.requestChannel();
            int total = 0;
            int bytes = 1;
            while (bytes > 0 && total < DISCARDED_BYTES) {
                bytes = source.read(call.thread.readScratch.clear());
                total += bytes;
            }
        } catch (IOException e) {
            // The write that follows will find out.
            exchange.setPersistent(false);
        }
    }

    /**
     * Closing a socket with unread bytes would reset it, and the answer might be lost on its way.
     */
    private void linger() {
        timer = later(call::close, LINGER_MILLIS);
        StreamSourceChannel source = call.requestChannel();
        source.getReadSetter().set(this::lingering);
        lingering(source);
    }

    private void lingering(StreamSourceChannel source) {
        try {
            if (source.read(call.thread.readScratch.clear()) >= 0) {
                source.resumeReads();
                return;
            }
        } catch (IOException e) {
            source.suspendReads();
        }
        progressed();
        call.close();
    }
}
