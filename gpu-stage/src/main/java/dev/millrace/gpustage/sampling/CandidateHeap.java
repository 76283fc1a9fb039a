package dev.millrace.gpustage.sampling;

/**
 * Token ids from the largest logit down, as many as are asked for: a binary heap over the whole
 * row.
 *
 * <p>Reused by one {@link Sampler}. Building is linear; each candidate taken costs the depth of the
 * heap.
 */
final class CandidateHeap {
    /**
     * Above: the logit as an integer of the same order. Below: the id's complement, so that ties go
     * to lower ids.
     */
    private final long[] entries;

    private int size;

    CandidateHeap(int capacity) {
        entries = new long[capacity];
    }

    void fill(float[] logits) {
        size = logits.length;
        for (int i = 0; i < size; i++) {
            entries[i] = ((long) ordered(logits[i]) << 32) | (~i & 0xFFFFFFFFL);
        }
        for (int i = size / 2 - 1; i >= 0; i--) {
            sink(i);
        }
    }

    /** The next best id. Taken ids gather at the end of the array, the first one last. */
    int take(int rank) {
        long best = entries[0];
        entries[0] = entries[--size];
        entries[size] = best;
        sink(0);
        assert size == entries.length - rank - 1 : "candidates are taken in order";
        return id(best);
    }

    /** The id that was taken as number {@code rank}. */
    int taken(int rank) {
        return id(entries[entries.length - 1 - rank]);
    }

    private static int id(long entry) {
        return ~(int) entry;
    }

    private static int ordered(float logit) {
        int bits = Float.floatToRawIntBits(logit + 0.0f);
        return bits >= 0 ? bits : bits ^ 0x7FFFFFFF;
    }

    private void sink(int from) {
        int parent = from;
        long moving = entries[parent];
        while (true) {
            int child = 2 * parent + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && entries[child + 1] > entries[child]) {
                child++;
            }
            if (entries[child] <= moving) {
                break;
            }
            entries[parent] = entries[child];
            parent = child;
        }
        if (size > 0) {
            entries[parent] = moving;
        }
    }
}
