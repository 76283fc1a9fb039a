package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.config.ThreadsConfig.Plan;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import net.openhft.affinity.Affinity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class StageThreadsTest {
    @Test
    @Timeout(value = 8, unit = TimeUnit.SECONDS)
    void shouldJoinAPinnedThreadAsSoonAsItEnds() {
        var threads = new StageThreads(new ThreadPlan(Plan.COMPACT, Waiting.BLOCKING, true, ""));
        var stop = new CountDownLatch(1);
        int[] cpus = new int[2];
        for (int round = 0; round < 2; round++) {
            int index = round;
            Thread joiner = Thread.currentThread();
            Thread thread =
                    threads.start(
                            "pinned",
                            () -> {
                                cpus[index] = Affinity.getAffinity().cardinality();
                                // Ends only while somebody waits for it.
                                while (joiner.getState() != Thread.State.TIMED_WAITING) {
                                    LockSupport.parkNanos(100_000);
                                }
                                stop.countDown();
                            });
            assertThat(threads.join(thread)).isTrue();
        }
        assertThat(stop.getCount()).isZero();
        assertThat(cpus).containsOnly(1);
    }

    @Test
    void shouldWaitForAThreadAlsoWhenInterrupted() {
        var threads = new StageThreads(new ThreadPlan(Plan.COMPACT, Waiting.BLOCKING, false, ""));
        Thread joiner = Thread.currentThread();
        Thread thread =
                threads.start(
                        "slow",
                        () -> {
                            while (joiner.getState() != Thread.State.TIMED_WAITING) {
                                LockSupport.parkNanos(100_000);
                            }
                        });
        Thread.currentThread().interrupt();
        assertThat(threads.join(thread)).isTrue();
        assertThat(thread.isAlive()).isFalse();
        assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
    }
}
