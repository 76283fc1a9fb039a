package dev.millrace.ingress.http;

import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Replies on their way to sockets: how many bytes of them there are in the whole door, and a
 * bounded stock of used ones. Thread-safe and lock-free.
 */
final class ReplyPool {
    private static final int KEPT = 1024;

    private final ManyToManyConcurrentArrayQueue<Reply> free =
            new ManyToManyConcurrentArrayQueue<>(KEPT);
    private final AtomicLong unsentBytes = new AtomicLong();
    private final long maxUnsentBytes;

    ReplyPool(long maxUnsentBytes) {
        this.maxUnsentBytes = maxUnsentBytes;
    }

    /** A reply with a copy of those bytes, which count as unsent until it is given back. */
    Reply take(
            HttpExchangeCall call,
            Reply.Kind kind,
            @Nullable DirectBuffer from,
            int offset,
            int length) {
        unsentBytes.addAndGet(length);
        call.unsentBytes.addAndGet(length);
        Reply used = free.poll();
        return (used == null ? new Reply() : used).fill(call, kind, from, offset, length);
    }

    /** A reply that was written or is not wanted any more. */
    void give(Reply reply) {
        unsentBytes.addAndGet(-reply.length);
        reply.clear();
        free.offer(reply);
    }

    /** Whether clients have left more bytes unread than the process should hold for them. */
    boolean full() {
        return unsentBytes.get() > maxUnsentBytes;
    }

    /** Bytes handed over and not in a socket yet. */
    long unsentBytes() {
        return unsentBytes.get();
    }
}
