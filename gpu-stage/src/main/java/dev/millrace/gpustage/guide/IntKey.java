package dev.millrace.gpustage.guide;

import java.util.Arrays;

/** Integers as a key of a map; the array is not written again. */
final class IntKey {
    final int[] values;
    private final int hash;

    IntKey(int[] values) {
        this.values = values;
        this.hash = Arrays.hashCode(values);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IntKey key && key.hash == hash && Arrays.equals(key.values, values);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
