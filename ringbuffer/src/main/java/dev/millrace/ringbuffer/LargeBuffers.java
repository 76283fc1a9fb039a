package dev.millrace.ringbuffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of large off-heap buffers for payloads that do not fit a slot; none free is an
 * answer, not a wait.
 *
 * <p>Thread-safe and lock-free. Memory is reserved at start-up and becomes resident where it is
 * first touched.
 */
public final class LargeBuffers implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final ManyToManyConcurrentArrayQueue<Lease> free;
    private final int count;
    private final int bufferBytes;

    public LargeBuffers(int count, int bufferBytes) {
        this.count = count;
        this.bufferBytes = bufferBytes;
        this.free = new ManyToManyConcurrentArrayQueue<>(Math.max(2, count));
        for (int i = 0; i < count; i++) {
            MemorySegment memory = OffHeap.reserve(arena, bufferBytes);
            free.offer(new Lease(new UnsafeBuffer(memory.address(), bufferBytes)));
        }
    }

    /** A buffer of at least that size, or null. */
    public @Nullable Lease claim(int bytes) {
        Lease lease = bytes > bufferBytes ? null : free.poll();
        if (lease != null) {
            lease.hold(1);
        }
        return lease;
    }

    /** The largest payload a buffer can hold. */
    public int bufferBytes() {
        return bufferBytes;
    }

    /** Buffers in use, for gauges and leak checks. */
    public int inUse() {
        return count - free.size();
    }

    @Override
    public void close() {
        arena.close();
    }

    /** One buffer on loan. */
    public final class Lease {
        private final UnsafeBuffer buffer;
        private final AtomicInteger holders = new AtomicInteger();

        Lease(UnsafeBuffer buffer) {
            this.buffer = buffer;
        }

        public UnsafeBuffer buffer() {
            return buffer;
        }

        void hold(int count) {
            holders.set(count);
        }

        /** One holder is done; a lease that was never attached has one. */
        public void release() {
            int left = holders.decrementAndGet();
            assert left >= 0 : "released more often than held";
            // The queue says full while a claim it overtook has not finished: never lose a buffer.
            while (left == 0 && !free.offer(this)) {
                Thread.onSpinWait();
            }
        }
    }
}
