package dev.millrace.stages.reply;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Bytes that are appended to and then handed on; the array is kept for the next use. */
final class GrowingBytes {
    /** What is kept between uses by one of hundreds, as they lie in {@link AnswerPool}s. */
    private static final int KEPT_BYTES = 64 << 10;

    /** What is kept by the only one of its kind. */
    static final int KEPT_BY_ENCODER_BYTES = 1 << 20;

    private final int initialBytes;
    private final int keptBytes;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private byte[] bytes;
    private int length;

    GrowingBytes(int initialBytes) {
        this(initialBytes, KEPT_BYTES);
    }

    /**
     * @param keptBytes a larger array goes back to the collector
     */
    GrowingBytes(int initialBytes, int keptBytes) {
        this.initialBytes = initialBytes;
        this.keptBytes = keptBytes;
        bytes = new byte[initialBytes];
    }

    void clear() {
        length = 0;
        if (bytes.length > keptBytes) {
            bytes = new byte[initialBytes];
        }
    }

    int length() {
        return length;
    }

    byte at(int index) {
        return bytes[index];
    }

    void add(byte value) {
        if (length == bytes.length) {
            grow(1);
        }
        bytes[length++] = value;
    }

    void add(byte[] source, int offset, int count) {
        ensure(count);
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
    }

    /** The low byte of each character: for ASCII, which it copies at once. */
    @SuppressWarnings("deprecation") // Its successor makes an array of its own.
    void add(String ascii) {
        int count = ascii.length();
        ensure(count);
        ascii.getBytes(0, count, bytes, length);
        length += count;
    }

    void add(GrowingBytes source) {
        add(source.bytes, 0, source.length);
    }

    void add(DirectBuffer source, int offset, int count) {
        ensure(count);
        source.getBytes(offset, bytes, length, count);
        length += count;
    }

    /** Unicode code points that begin at {@code from} or behind it, in well-formed UTF-8. */
    int codePoints(int from) {
        int points = 0;
        for (int i = from; i < length; i++) {
            points += (bytes[i] & 0xC0) == 0x80 ? 0 : 1;
        }
        return points;
    }

    /** Whether these are the same bytes. */
    boolean holds(byte[] other) {
        return Arrays.equals(bytes, 0, length, other, 0, other.length);
    }

    /** Room for {@code count} bytes at {@link #length()}, to be claimed by {@link #advance}. */
    MutableDirectBuffer room(int count) {
        ensure(count);
        view.wrap(bytes);
        return view;
    }

    void advance(int count) {
        length += count;
    }

    /** The bytes from 0 to {@link #length()}; valid until the next change. */
    DirectBuffer view() {
        view.wrap(bytes, 0, length);
        return view;
    }

    /** A copy of part of the bytes. */
    void copyTo(byte[] target, int from, int count) {
        System.arraycopy(bytes, from, target, 0, count);
    }

    private void ensure(int count) {
        if (count > bytes.length - length) {
            grow(count);
        }
    }

    private void grow(int count) {
        int needed = Math.addExact(length, count);
        // Doubling a large array would pass the largest one; then exactly what is needed must do.
        int doubled = (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8);
        bytes = Arrays.copyOf(bytes, Math.max(needed, doubled));
    }
}
