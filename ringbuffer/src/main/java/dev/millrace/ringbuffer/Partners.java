package dev.millrace.ringbuffer;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * The threads that compute beside a lane's own.
 *
 * <p>Started and stopped by whoever starts the lane; called by the lane's thread only. Nothing is
 * handed to a particular thread: all are called to the same work, of which each takes what is left,
 * so one that does not get a CPU holds nobody up.
 */
public final class Partners {
    /** Nobody. */
    static final Partners NONE = new Partners(0, Waiting.BLOCKING);

    private final List<Partner> partners = new ArrayList<>();
    private final Waiter caller;

    Partners(int count, Waiting waiting) {
        caller = new Waiter(waiting);
        for (int i = 0; i < count; i++) {
            partners.add(new Partner(new Waiter(waiting)));
        }
    }

    /**
     * Does {@code work} on the calling thread and on every partner that wakes in time; returns when
     * all of it is done.
     *
     * @param work takes pieces until none is left; whoever is late finds none. What it does reaches
     *     the caller by what {@code done} reads. Does not throw
     * @param done whether all pieces are done, also those that others took
     */
    public void call(Runnable work, BooleanSupplier done) {
        for (int i = 0; i < partners.size(); i++) {
            partners.get(i).call(work);
        }
        work.run();
        while (!done.getAsBoolean()) {
            caller.idle(done, Long.MAX_VALUE);
        }
        caller.worked();
    }

    /** What each thread is to run, until {@link #stop}. */
    List<Runnable> bodies() {
        return List.copyOf(partners);
    }

    /** Any thread: the bodies return, once the lane calls no more. */
    void stop() {
        partners.forEach(Partner::stop);
    }

    private final class Partner implements Runnable {
        private final AtomicReference<Runnable> called = new AtomicReference<>();
        private final Waiter waiter;
        private final BooleanSupplier ready = this::ready;
        private volatile boolean stopping;

        Partner(Waiter waiter) {
            this.waiter = waiter;
        }

        void call(Runnable work) {
            called.set(work);
            // Against the fence in Waiter.announce: one of both sides sees the other.
            VarHandle.fullFence();
            waiter.wakeIfParked();
        }

        @Override
        public void run() {
            while (!stopping) {
                Runnable work = called.getAndSet(null);
                if (work == null) {
                    waiter.idle(ready, Long.MAX_VALUE);
                } else {
                    work.run();
                    VarHandle.fullFence();
                    caller.wakeIfParked();
                    waiter.worked();
                }
            }
        }

        private boolean ready() {
            return stopping || called.get() != null;
        }

        void stop() {
            stopping = true;
            waiter.wakeIfParked();
        }
    }
}
