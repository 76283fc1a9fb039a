package dev.millrace.gpustage.guide;

import java.util.Arrays;

/** Token ids in the order in which they were found; reused. */
final class Tokens {
    private int[] ids = new int[1024];
    private int size;

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
    }

    void addAll(int[] more) {
        if (size + more.length > ids.length) {
            ids = Arrays.copyOf(ids, Math.max(2 * size, size + more.length));
        }
        System.arraycopy(more, 0, ids, size, more.length);
        size += more.length;
    }

    /** What was added from the given count on. */
    int[] since(int count) {
        return Arrays.copyOfRange(ids, count, size);
    }

    int[] toIntArray() {
        return since(0);
    }

    void setIn(long[] bits) {
        for (int i = 0; i < size; i++) {
            bits[ids[i] >> 6] |= 1L << ids[i];
        }
    }
}
