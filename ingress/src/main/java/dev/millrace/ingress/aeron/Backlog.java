package dev.millrace.ingress.aeron;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Messages that a client's publication did not take yet, in order. Empty unless the client is slow:
 * only then are bytes copied and objects made. Any thread adds; the door's thread removes, a
 * message only when the publication has it, so that nothing overtakes it.
 */
final class Backlog {
    private final ManyToOneConcurrentLinkedQueue<UnsafeBuffer> messages =
            new ManyToOneConcurrentLinkedQueue<>();

    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger bytes = new AtomicInteger();
    private final AtomicLong bytesOfAll;

    /**
     * @param bytesOfAll bytes of all clients' backlogs, for a bound on their sum
     */
    Backlog(AtomicLong bytesOfAll) {
        this.bytesOfAll = bytesOfAll;
    }

    boolean isEmpty() {
        return count.get() == 0;
    }

    int bytes() {
        return bytes.get();
    }

    long bytesOfAll() {
        return bytesOfAll.get();
    }

    /** Copies a header and what follows it. */
    void add(DirectBuffer header, int headerBytes, DirectBuffer body, int offset, int length) {
        var message = new UnsafeBuffer(new byte[headerBytes + length]);
        message.putBytes(0, header, 0, headerBytes);
        message.putBytes(headerBytes, body, offset, length);
        count.incrementAndGet();
        bytes.addAndGet(message.capacity());
        bytesOfAll.addAndGet(message.capacity());
        messages.offer(message);
    }

    /** The first message; null where there is none, or it is being added. */
    @Nullable UnsafeBuffer first() {
        return messages.peek();
    }

    void removeFirst() {
        UnsafeBuffer message = messages.poll();
        if (message != null) {
            bytes.addAndGet(-message.capacity());
            bytesOfAll.addAndGet(-message.capacity());
            count.decrementAndGet();
        }
    }

    void clear() {
        while (messages.peek() != null) {
            removeFirst();
        }
    }
}
