package dev.millrace.ringbuffer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The two pools that bound what is in flight: contexts and large buffers. */
@Timeout(60)
class PoolsTest {
    private static final int ROUNDS = 200_000;

    private final UnsafeBuffer slice = new UnsafeBuffer(ByteBuffer.allocateDirect(64));

    @Test
    void shouldLendEveryContextOnce() {
        var pool = new InFlight(4);
        var lent = new ArrayList<RequestContext>();
        for (int i = 0; i < 4; i++) {
            lent.add(pool.claim());
        }
        assertThat(lent).doesNotContainNull().doesNotHaveDuplicates();
        assertThat(pool.claim()).isNull();
        assertThat(pool.count()).isEqualTo(4);
        pool.release(lent.getFirst());
        assertThat(pool.claim()).isSameAs(lent.getFirst());
    }

    @Test
    void shouldLoseNoContextUnderContention() throws Exception {
        // As many contexts as threads: the queue behind is nearly always nearly full, where an
        // offer may be turned away while a claim has not finished.
        var pool = new InFlight(4);
        var owned =
                new AtomicBoolean[] {
                    new AtomicBoolean(),
                    new AtomicBoolean(),
                    new AtomicBoolean(),
                    new AtomicBoolean()
                };
        together(
                4,
                () -> {
                    boolean twice = false;
                    for (int i = 0; i < ROUNDS; i++) {
                        RequestContext context = pool.claim();
                        if (context != null) {
                            twice |= owned[context.index].getAndSet(true);
                            owned[context.index].set(false);
                            pool.release(context);
                        }
                    }
                    assertThat(twice).as("lent to two at once").isFalse();
                    return null;
                });
        assertThat(pool.count()).isZero();
    }

    @Test
    void shouldLoseNoBufferUnderContention() throws Exception {
        try (var pool = new LargeBuffers(4, 64)) {
            together(
                    4,
                    () -> {
                        for (int i = 0; i < ROUNDS; i++) {
                            LargeBuffers.Lease lease = pool.claim(64);
                            if (lease != null) {
                                lease.release();
                            }
                        }
                        return null;
                    });
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void shouldReturnABufferWithItsLastHolder() {
        try (var pool = new LargeBuffers(2, 1024)) {
            var payload = new PayloadBuffer(slice);
            assertThat(payload.reserve(1000, pool, 2)).isTrue();
            assertThat(payload.buffer().capacity()).isEqualTo(1024);
            payload.release();
            assertThat(pool.inUse()).isEqualTo(1);
            payload.release();
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void shouldReturnABufferThatWasNeverAttached() {
        try (var pool = new LargeBuffers(2, 1024)) {
            LargeBuffers.Lease lease = requireNonNull(pool.claim(1));
            assertThat(pool.inUse()).isEqualTo(1);
            lease.release();
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void shouldGiveBackTheFirstBufferWhereRoomIsMadeTwice() {
        try (var pool = new LargeBuffers(2, 1024)) {
            var payload = new PayloadBuffer(slice);
            assertThat(payload.reserve(100, pool, 2)).isTrue();
            assertThat(payload.reserve(200, pool, 1)).isTrue();
            assertThat(pool.inUse()).isEqualTo(1);
            assertThat(payload.reserve(8, pool, 1)).isTrue();
            assertThat(pool.inUse()).isZero();
            assertThat(payload.buffer()).isSameAs(slice);
        }
    }

    @Test
    void shouldSayNoWhereNoBufferIsFreeOrLargeEnough() {
        try (var pool = new LargeBuffers(2, 1024)) {
            var payload = new PayloadBuffer(slice);
            assertThat(payload.reserve(1025, pool, 1)).isFalse();
            pool.claim(1);
            pool.claim(1);
            assertThat(payload.reserve(65, pool, 1)).isFalse();
            assertThat(payload.length()).isZero();
            assertThat(payload.reserve(64, pool, 1)).as("the slice is always there").isTrue();
        }
    }

    private static void together(int threads, Callable<Void> work) throws Exception {
        try (var executor = Executors.newFixedThreadPool(threads)) {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(executor.submit(work));
            }
            for (Future<Void> one : all) {
                one.get();
            }
        }
    }
}
