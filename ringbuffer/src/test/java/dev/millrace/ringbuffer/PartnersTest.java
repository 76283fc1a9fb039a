package dev.millrace.ringbuffer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class PartnersTest {
    /** Pieces of which each is taken once, by whoever comes. */
    private static final class Pieces {
        final AtomicInteger next = new AtomicInteger();
        final AtomicInteger left = new AtomicInteger();
        final Set<Thread> workers = ConcurrentHashMap.newKeySet();
        final int count;

        Pieces(int count) {
            this.count = count;
            left.set(count);
        }

        void work() {
            while (next.getAndIncrement() < count) {
                workers.add(Thread.currentThread());
                left.decrementAndGet();
            }
        }

        boolean done() {
            return left.get() == 0;
        }
    }

    private static List<Thread> start(Partners partners) {
        List<Thread> threads = new ArrayList<>();
        partners.bodies().forEach(body -> threads.add(Thread.ofPlatform().start(body)));
        return threads;
    }

    private static void stop(Partners partners, List<Thread> threads) throws InterruptedException {
        partners.stop();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @ParameterizedTest
    @EnumSource(Waiting.class)
    void shouldDoEveryPieceOfEveryCallOnce(Waiting waiting) throws InterruptedException {
        var partners = new Partners(3, waiting);
        List<Thread> threads = start(partners);
        for (int call = 0; call < 2_000; call++) {
            var pieces = new Pieces(5);
            partners.call(pieces::work, pieces::done);
            assertThat(pieces.left).as("call %s", call).hasValue(0);
        }
        stop(partners, threads);
        assertThat(threads).noneMatch(Thread::isAlive);
    }

    @Test
    void shouldComputeOnSeveralThreadsAtOnce() throws InterruptedException {
        var partners = new Partners(1, Waiting.BLOCKING);
        List<Thread> threads = start(partners);
        // Neither goes on before the other has begun.
        var begun = new CountDownLatch(2);
        var left = new AtomicInteger(2);
        partners.call(
                () -> {
                    begun.countDown();
                    try {
                        begun.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    left.decrementAndGet();
                },
                () -> left.get() == 0);
        assertThat(left).hasValue(0);
        stop(partners, threads);
    }

    @Test
    void shouldNotWaitForAPartnerThatNeverComes() {
        var partners = new Partners(1, Waiting.BLOCKING);
        var pieces = new Pieces(4);
        partners.call(pieces::work, pieces::done);
        assertThat(pieces.workers).containsExactly(Thread.currentThread());
    }
}
