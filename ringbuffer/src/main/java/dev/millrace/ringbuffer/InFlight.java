package dev.millrace.ringbuffer;

import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of all requests between door and telemetry: a fixed number, so that what is in
 * flight has a bound.
 *
 * <p>Thread-safe and lock-free: doors claim, telemetry releases.
 */
public final class InFlight {
    private final RequestContext[] contexts;
    private final ManyToManyConcurrentArrayQueue<RequestContext> free;

    public InFlight(int count) {
        contexts = new RequestContext[count];
        free = new ManyToManyConcurrentArrayQueue<>(count);
        for (int i = 0; i < count; i++) {
            contexts[i] = new RequestContext(i);
            free.offer(contexts[i]);
        }
    }

    /** A context to {@link RequestContext#reset}, or null where none is free. */
    public @Nullable RequestContext claim() {
        return free.poll();
    }

    /** The request is over: nothing may touch its context afterwards. */
    public void release(RequestContext context) {
        context.exchange = null;
        context.sink = null;
        context.protocol = null;
        context.position = null;
        context.known = null;
        context.encoding = null;
        // The queue says full while a claim it overtook has not finished: never lose a context.
        while (!free.offer(context)) {
            Thread.onSpinWait();
        }
    }

    public int capacity() {
        return contexts.length;
    }

    /** Requests in flight. */
    public int count() {
        return contexts.length - free.size();
    }
}
