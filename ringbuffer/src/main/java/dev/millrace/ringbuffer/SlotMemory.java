package dev.millrace.ringbuffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The memory of a ring's slots in one piece. From slot to slot it is an odd number of cache lines:
 * else the beginnings of all slots, which is what small requests use of them, would share a few
 * sets of every cache.
 */
final class SlotMemory {
    private static final int LINE_BYTES = 64;

    private final MemorySegment memory;
    private final int[] sizes;
    private final long stride;
    private long at;

    /**
     * @param slots how many
     * @param sizes bytes of each part of a slot
     */
    SlotMemory(Arena arena, int slots, int... sizes) {
        this.sizes = sizes.clone();
        long lines = 0;
        for (int size : sizes) {
            lines += lines(size);
        }
        stride = LINE_BYTES * (lines | 1);
        memory = OffHeap.reserveInHugePages(arena, slots * stride);
    }

    /** The parts of the next slot, each beginning with a cache line. */
    UnsafeBuffer[] next() {
        var parts = new UnsafeBuffer[sizes.length];
        long from = memory.address() + at;
        for (int i = 0; i < parts.length; i++) {
            parts[i] = new UnsafeBuffer(from, sizes[i]);
            from += LINE_BYTES * lines(sizes[i]);
        }
        at += stride;
        return parts;
    }

    private static long lines(int bytes) {
        return (bytes + LINE_BYTES - 1L) / LINE_BYTES;
    }
}
