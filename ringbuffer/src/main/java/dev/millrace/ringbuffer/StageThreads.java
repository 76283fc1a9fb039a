package dev.millrace.ringbuffer;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import net.openhft.affinity.Affinity;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Named threads for stages and lanes, each pinned to a CPU of its own where the plan says so. CPUs
 * are handed out from the highest down, so that I/O threads and the rest of the process keep the
 * low ones.
 */
final class StageThreads {
    private static final Logger LOG = LoggerFactory.getLogger(StageThreads.class);
    private static final long JOIN_NANOS = 10_000_000_000L;

    private final boolean pinned;
    private final Deque<Integer> freeCpus = new ArrayDeque<>();

    StageThreads(ThreadPlan plan) {
        this.pinned = plan.pinned();
        if (pinned) {
            BitSet cpus = Affinity.getAffinity();
            for (int cpu = cpus.nextSetBit(0); cpu >= 0; cpu = cpus.nextSetBit(cpu + 1)) {
                freeCpus.addFirst(cpu);
            }
        }
    }

    synchronized Thread start(String name, Runnable body) {
        Integer cpu = pinned ? freeCpus.poll() : null;
        if (pinned && cpu == null) {
            LOG.warn("{}: not pinned, every CPU of this process is taken", name);
        }
        return startUnpinned(name, () -> run(name, cpu, body));
    }

    /** A thread that takes no CPU from the others. */
    Thread startUnpinned(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void run(String name, @Nullable Integer cpu, Runnable body) {
        if (cpu != null) {
            BitSet one = new BitSet();
            one.set(cpu);
            Affinity.setAffinity(one);
            LOG.info("{}: pinned to CPU {}", name, cpu);
        }
        try {
            body.run();
        } finally {
            if (cpu != null) {
                synchronized (this) {
                    freeCpus.addFirst(cpu);
                }
            }
        }
    }

    /**
     * Waits for an end that was asked for, also when interrupted.
     *
     * @return false where it has not come after ten seconds
     */
    boolean await(CountDownLatch end) {
        long deadlineNanos = System.nanoTime() + JOIN_NANOS;
        boolean interrupted = false;
        boolean ended = false;
        while (!ended && deadlineNanos - System.nanoTime() > 0) {
            try {
                ended = end.await(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ended;
    }

    /**
     * Waits for a thread that was asked to stop, also when interrupted. Holds no lock: the thread
     * needs it to hand its CPU back.
     *
     * @return false where it still runs after ten seconds: it may touch whatever it touched before
     */
    boolean join(Thread thread) {
        long deadlineNanos = System.nanoTime() + JOIN_NANOS;
        boolean interrupted = false;
        while (thread.isAlive() && deadlineNanos - System.nanoTime() > 0) {
            try {
                thread.join(Duration.ofNanos(deadlineNanos - System.nanoTime()));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.error("{}: still running 10 s after it was asked to stop", thread.getName());
        }
        return !thread.isAlive();
    }
}
