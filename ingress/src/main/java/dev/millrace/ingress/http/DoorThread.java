package dev.millrace.ingress.http;

import dev.millrace.ringbuffer.Rings;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/**
 * What belongs to one I/O thread: its buffers, its cache of callers, and the queue through which
 * the reply thread reaches it. Runs on: that I/O thread, but for {@link #offer} and {@link #wake}.
 */
final class DoorThread implements Runnable {
    /** Most bytes handed to a socket in one call. */
    private static final int WRITE_BYTES = 64 << 10;

    final XnioIoThread ioThread;
    final HttpCallers callers = new HttpCallers();

    /** A body that is there whole is read here: one byte more than a slot holds, to see it grow. */
    final ByteBuffer readScratch;

    /** A slot's head is put together here. */
    final byte[] headScratch = new byte[Rings.HEAD_BYTES];

    /** Replies are gathered here before they are written. */
    final ByteBuffer writeScratch = ByteBuffer.allocateDirect(WRITE_BYTES);

    private final ArrayDeque<ByteBuffer> freePartials = new ArrayDeque<>();
    private final int partialLimit;
    private int partialsInUse;

    /**
     * What was offered, the newest first; linked through the replies, so that none costs a node.
     */
    private final AtomicReference<@Nullable Reply> offered = new AtomicReference<>();

    private final AtomicBoolean woken = new AtomicBoolean();
    private final List<HttpExchangeCall> touched = new ArrayList<>();

    /**
     * @param bodyBytes what a slot holds
     * @param partialLimit bodies that may be arriving piecemeal at once
     */
    DoorThread(XnioIoThread ioThread, int bodyBytes, int partialLimit) {
        this.ioThread = ioThread;
        this.readScratch = ByteBuffer.allocateDirect(bodyBytes + 1);
        this.partialLimit = partialLimit;
    }

    /**
     * A buffer as large as the scratch for a body that arrives in pieces; null where too many do.
     */
    @Nullable ByteBuffer takePartial() {
        if (partialsInUse == partialLimit) {
            return null;
        }
        partialsInUse++;
        ByteBuffer free = freePartials.poll();
        return free != null ? free.clear() : ByteBuffer.allocateDirect(readScratch.capacity());
    }

    void givePartial(ByteBuffer partial) {
        partialsInUse--;
        freePartials.push(partial);
    }

    /** Any thread: something to do for a call of this thread, done after the next {@link #wake}. */
    void offer(Reply reply) {
        Reply before = offered.get();
        reply.next = before;
        while (!offered.compareAndSet(before, reply)) {
            before = offered.get();
            reply.next = before;
        }
    }

    /** Any thread: one wake-up for all that was offered. */
    void wake() {
        if (Thread.currentThread() == ioThread) {
            // The stages run here: nobody needs to be woken.
            run();
            return;
        }
        if (!woken.getAndSet(true)) {
            try {
                ioThread.execute(this);
            } catch (RejectedExecutionException stopped) {
                // The door is closed: its connections are gone, and nobody waits for this.
                woken.set(false);
            }
        }
    }

    /** Takes over what was offered, then writes once per call, however much there is for it. */
    @Override
    public void run() {
        // Before polling: what is offered from here on wakes again.
        woken.set(false);
        Reply reply = oldestFirst(offered.getAndSet(null));
        while (reply != null) {
            // Read first: whoever takes the reply over may use it again at once.
            Reply next = reply.next;
            reply.next = null;
            HttpExchangeCall call = reply.call();
            if (call.take(reply)) {
                touched.add(call);
            }
            reply = next;
        }
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).pump();
        }
        touched.clear();
    }

    private static @Nullable Reply oldestFirst(@Nullable Reply newest) {
        Reply oldest = null;
        Reply reply = newest;
        while (reply != null) {
            Reply before = reply.next;
            reply.next = oldest;
            oldest = reply;
            reply = before;
        }
        return oldest;
    }
}
