package dev.millrace.ringbuffer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
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
    private static final long JOIN_MILLIS = 10_000;

    private final boolean pinned;
    private final Deque<Integer> freeCpus = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();

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
        Thread thread = new Thread(() -> run(name, cpu, body), name);
        thread.setDaemon(true);
        threads.add(thread);
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

    /** Waits for a thread that was asked to stop. */
    synchronized void join(Thread thread) {
        try {
            thread.join(JOIN_MILLIS);
            if (thread.isAlive()) {
                LOG.error(
                        "{}: still running {} ms after it was asked to stop",
                        thread.getName(),
                        JOIN_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.remove(thread);
    }
}
