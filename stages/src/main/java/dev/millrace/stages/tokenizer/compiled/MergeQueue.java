package dev.millrace.stages.tokenizer.compiled;

import java.util.Arrays;

/** The merges of a long word that may be next: a binary heap, earliest and then leftmost first. */
final class MergeQueue {
    private long[] heap = new long[64];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void clear() {
        size = 0;
    }

    /** Bytes are given back where the last word was a very long one. */
    void shrink(int entries) {
        if (heap.length > entries) {
            heap = new long[entries];
        }
    }

    void add(int rank, int position) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        long entry = (long) rank << 32 | position;
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (heap[parent] <= entry) {
                break;
            }
            heap[at] = heap[parent];
            at = parent;
        }
        heap[at] = entry;
    }

    /** {@code rank << 32 | position}. */
    long take() {
        long first = heap[0];
        long last = heap[--size];
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1] < heap[child]) {
                child++;
            }
            if (last <= heap[child]) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = last;
        return first;
    }
}
