package dev.millrace.gpustage.weights;

import java.io.IOException;

/** Reads the elements of one stored tensor as floats, in any order. */
public interface ElementReader {
    /**
     * Puts the elements {@code from} to {@code from + count} at the start of {@code chunk}.
     *
     * @throws IOException where the file cannot be read
     */
    void read(long from, float[] chunk, int count) throws IOException;
}
