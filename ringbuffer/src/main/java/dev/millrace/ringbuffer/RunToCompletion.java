package dev.millrace.ringbuffer;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every stage on one thread, which may be a door's I/O thread: what is published while that thread
 * reads its sockets is decoded, and what was answered is written, before it waits for sockets
 * again. Only a lane that has a thread of its own is woken, and wakes.
 *
 * <p>Runs on: the host that {@link #runOn} named, one run at a time; {@code stages}, a thread of
 * its own, where none is named. A run is asked for once, however much is published before it
 * begins. A {@link PollingHost} asks for none: it takes its own turns between those runs.
 */
final class RunToCompletion implements Runnable, Sleeper, PollingHost {
    /** The thread where no host is named. */
    static final String THREAD = "stages";

    private static final Logger LOG = LoggerFactory.getLogger(RunToCompletion.class);

    /** Turns before the host may look at its sockets again. */
    private static final int TURNS = 8;

    private final StageConsumer<RequestSlot> front;
    private final StageConsumer<ReplySlot> back;

    /** Set from the wish for a run to its end: who sets it owns the stages. */
    private final AtomicBoolean running = new AtomicBoolean(true);

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile RunningLane[] lanes = new RunningLane[0];
    private volatile @Nullable Executor host;
    private volatile @Nullable Thread runner;
    private volatile @Nullable Thread polling;
    private volatile boolean alive = true;
    private volatile boolean stopping;

    /** Control path's own; its thread begins with the first run. */
    private @Nullable ExecutorService own;

    private volatile @Nullable Thread ownThread;

    RunToCompletion(StageConsumer<RequestSlot> front, StageConsumer<ReplySlot> back) {
        this.front = front;
        this.back = back;
    }

    /** Control path: begins, on a thread of its own. */
    void start() {
        front.begin();
        back.begin();
        runOnItsOwn();
        front.signal().register(this);
        back.signal().register(this);
        running.set(false);
        wake();
    }

    /** Control path: from the next run on, a run is a task of {@code next}. */
    synchronized Hosting runOn(Executor next) {
        host = next;
        if (own != null) {
            own.shutdown();
            own = null;
        }
        wake();
        return this::runOnItsOwn;
    }

    /** Control path: the host, where there is one, is about to end, behind the tasks it has. */
    private synchronized void runOnItsOwn() {
        if (own == null) {
            own = Executors.newSingleThreadExecutor(this::ownThread);
            host = own;
        }
    }

    private Thread ownThread(Runnable runs) {
        var thread = new Thread(runs, THREAD);
        thread.setDaemon(true);
        ownThread = thread;
        return thread;
    }

    /** Control path: a lane whose feed gates the ring joins. */
    synchronized void add(RunningLane lane) {
        RunningLane[] more = Arrays.copyOf(lanes, lanes.length + 1);
        more[lanes.length] = lane;
        lanes = more;
        wake();
    }

    /** Control path: a lane has left. */
    synchronized void remove(RunningLane lane) {
        lanes = Arrays.stream(lanes).filter(other -> other != lane).toArray(RunningLane[]::new);
    }

    /** Who published before this call has its work seen to. */
    void wake() {
        // As in RingSignal: what was stored must be visible before 'running' is read.
        VarHandle.fullFence();
        wakeIfParked();
    }

    @Override
    public boolean wakeIfParked() {
        Executor to = host;
        if (to == null || Thread.currentThread() == polling || !begun()) {
            return false;
        }
        try {
            to.execute(this);
        } catch (RejectedExecutionException another) {
            // Between one host and the next, who is woken behind this.
            running.set(false);
            return false;
        }
        return true;
    }

    /** Whether there is work and nobody at it, and so it is the caller's. */
    private boolean begun() {
        return !running.get() && ready() && running.compareAndSet(false, true);
    }

    private boolean ready() {
        if (front.ready() || back.ready() || stopping) {
            return true;
        }
        for (RunningLane lane : lanes) {
            if (lane.ready()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void run() {
        runner = Thread.currentThread();
        try {
            boolean last = stopping;
            int turns = 0;
            while (turns < TURNS && pass()) {
                turns++;
            }
            if (last && turns < TURNS) {
                front.end();
                back.end();
                ended.countDown();
                // 'running' stays set.
                return;
            }
        } catch (Throwable e) {
            alive = false;
            LOG.error("{} stopped", THREAD, e);
            // 'running' stays set: as with any stage's thread, nothing goes on.
            return;
        } finally {
            runner = null;
        }
        running.set(false);
        // Who published meanwhile saw it running and left it at that.
        wake();
    }

    private boolean pass() {
        boolean worked = front.turn();
        for (RunningLane lane : lanes) {
            worked |= lane.turn();
        }
        worked |= back.turn();
        return worked;
    }

    // ---- As a PollingHost. Runs on: its thread.

    @Override
    public void begin() {
        polling = Thread.currentThread();
    }

    /** Who published while this ran left it at that, and is seen to by the next call. */
    @Override
    public boolean turn() {
        if (!begun()) {
            return false;
        }
        run();
        return true;
    }

    @Override
    public void end() {
        polling = null;
        wake();
    }

    /**
     * For who is about to wait until a reply's slot or buffer is free: where that is the thread
     * that would free it, does so.
     *
     * @return whether something was done
     */
    boolean makeRoom() {
        return Thread.currentThread() == runner && back.turn();
    }

    /** Adds {@link #THREAD} where the stages do not run any more and should. */
    void addStopped(List<String> stopped) {
        if (!alive) {
            stopped.add(THREAD);
        }
    }

    /** Control path: returns when all that was published is handled. Nobody publishes any more. */
    synchronized boolean close(StageThreads threads) {
        runOnItsOwn();
        stopping = true;
        wake();
        boolean orderly = !alive || threads.await(ended);
        if (own != null) {
            own.shutdown();
        }
        Thread last = ownThread;
        return orderly && (last == null || threads.join(last));
    }
}
