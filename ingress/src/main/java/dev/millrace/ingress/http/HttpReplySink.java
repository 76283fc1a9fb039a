package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.ReplySink;
import dev.millrace.ringbuffer.RequestContext;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Replies on their way to HTTP clients. Runs on: the reply thread, which copies bytes and hands
 * them to the exchange's I/O thread; {@link #flush} wakes each I/O thread once.
 */
final class HttpReplySink implements ReplySink {
    private final ReplyPool pool;
    private final int streamBufferBytes;
    private final List<DoorThread> toWake = new ArrayList<>();

    HttpReplySink(ReplyPool pool, int streamBufferBytes) {
        this.pool = pool;
        this.streamBufferBytes = streamBufferBytes;
    }

    @Override
    public void answer(
            RequestContext context,
            int status,
            ContentType type,
            int inferenceHeaderLength,
            DirectBuffer bytes,
            int offset,
            int length) {
        HttpExchangeCall call = open(context);
        if (call == null) {
            return;
        }
        if (pool.full()) {
            drop(call);
            return;
        }
        call.ended = true;
        call.head.capture(context, status, type, length);
        call.head.inferenceHeaderLength = inferenceHeaderLength;
        hand(call, Reply.Kind.LAST, bytes, offset, length);
    }

    @Override
    public void beginStream(RequestContext context, ContentType type) {
        HttpExchangeCall call = open(context);
        if (call != null) {
            call.head.capture(context, 200, type, -1);
        }
    }

    @Override
    public void stream(RequestContext context, DirectBuffer bytes, int offset, int length) {
        HttpExchangeCall call = open(context);
        if (call == null || length == 0) {
            return;
        }
        if (call.unsentBytes.get() + (long) length > streamBufferBytes || pool.full()) {
            drop(call);
        } else {
            hand(call, Reply.Kind.PART, bytes, offset, length);
        }
    }

    @Override
    public void endStream(RequestContext context) {
        HttpExchangeCall call = open(context);
        if (call != null) {
            call.ended = true;
            hand(call, Reply.Kind.LAST, null, 0, 0);
        }
    }

    @Override
    public void abort(RequestContext context) {
        HttpExchangeCall call = open(context);
        if (call != null) {
            call.ended = true;
            hand(call, Reply.Kind.ABORT, null, 0, 0);
        }
    }

    /** The I/O thread cancels the request, so it must not count as ended. */
    private void drop(HttpExchangeCall call) {
        call.dropped = true;
        hand(call, Reply.Kind.DROP, null, 0, 0);
    }

    @Override
    public void flush() {
        for (int i = 0; i < toWake.size(); i++) {
            toWake.get(i).wake();
        }
        toWake.clear();
    }

    /** The call, while there is still somebody to answer. */
    private static @Nullable HttpExchangeCall open(RequestContext context) {
        return context.exchange instanceof HttpExchangeCall call
                        && !call.gone
                        && !call.ended
                        && !call.dropped
                ? call
                : null;
    }

    private void hand(
            HttpExchangeCall call,
            Reply.Kind kind,
            @Nullable DirectBuffer bytes,
            int offset,
            int length) {
        call.thread.offer(pool.take(call, kind, bytes, offset, length));
        // One entry per I/O thread, of which there are few.
        if (!toWake.contains(call.thread)) {
            toWake.add(call.thread);
        }
    }
}
