package dev.millrace.tools.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How fast one thread of this machine reads memory: the bound on a step that reads all weights. */
final class ReadBandwidth {
    /** Far beyond any cache. */
    static final long BYTES = 512L << 20;

    private static final int CHUNK_BYTES = 1 << 20;
    private static final int PASSES = 3;

    private static final long ONES = 0x0101010101010101L;

    private ReadBandwidth() {}

    /**
     * Sums a buffer on the calling thread.
     *
     * @param bytes of the buffer; a multiple of 1 MiB
     * @return bytes per second of the best of three passes, after one that is not counted
     */
    static double bytesPerSecond(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(bytes, 64);
            // Pages that were never written are all one page of zeros.
            buffer.fill((byte) 1);
            long best = Long.MAX_VALUE;
            for (int pass = 0; pass <= PASSES; pass++) {
                long began = System.nanoTime();
                long sum = 0;
                for (long offset = 0; offset < bytes; offset += CHUNK_BYTES) {
                    sum += sum(buffer, offset);
                }
                // Looked at, so that the reads cannot be optimised away.
                if (sum != ONES * (bytes / Long.BYTES)) {
                    throw new IllegalStateException("memory does not hold what was written");
                }
                if (pass > 0) {
                    best = Math.min(best, System.nanoTime() - began);
                }
            }
            return bytes * 1e9 / best;
        }
    }

    /** Four sums at once: one alone waits for its own additions. */
    private static long sum(MemorySegment buffer, long from) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = 0; i < CHUNK_BYTES; i += 4 * Long.BYTES) {
            a += buffer.get(ValueLayout.JAVA_LONG, from + i);
            b += buffer.get(ValueLayout.JAVA_LONG, from + i + 8);
            c += buffer.get(ValueLayout.JAVA_LONG, from + i + 16);
            d += buffer.get(ValueLayout.JAVA_LONG, from + i + 24);
        }
        return a + b + c + d;
    }
}
