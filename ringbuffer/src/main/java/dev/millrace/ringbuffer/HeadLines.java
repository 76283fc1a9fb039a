package dev.millrace.ringbuffer;

import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Finds a header among the lines of {@link RequestSlot#head}. Stateless; allocates nothing. */
public final class HeadLines {
    /** No such header. */
    public static final int NONE = -1;

    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long RETURNS = '\r' * ONES;

    private HeadLines() {}

    /** A header's name, lower case, as its lines begin. */
    public static byte[] name(String header) {
        return (header + ": ").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Where the value of the first header of that {@link #name} begins, or {@link #NONE}. */
    public static int value(DirectBuffer head, int length, byte[] name) {
        for (int at = 0; at < length; at = end(head, length, at) + 2) {
            if (begins(head, length, at, name)) {
                return at + name.length;
            }
        }
        return NONE;
    }

    /** Where the line ends that {@code from} lies in: at its CRLF, or at the end of the head. */
    public static int end(DirectBuffer head, int length, int from) {
        int at = from;
        // Eight bytes at a time: a byte that is none becomes one whose high bit is set.
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            long none = head.getLong(at, ByteOrder.LITTLE_ENDIAN) ^ RETURNS;
            long found = (none - ONES) & ~none & HIGH_BITS;
            if (found != 0) {
                return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
        }
        while (at < length && head.getByte(at) != '\r') {
            at++;
        }
        return at;
    }

    /** The value of the first header of that {@link #name}, or null. */
    public static @Nullable String text(DirectBuffer head, int length, byte[] name) {
        int from = value(head, length, name);
        if (from == NONE) {
            return null;
        }
        byte[] value = new byte[end(head, length, from) - from];
        head.getBytes(from, value);
        return new String(value, StandardCharsets.ISO_8859_1);
    }

    private static boolean begins(DirectBuffer head, int length, int at, byte[] name) {
        if (length - at < name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (head.getByte(at + i) != name[i]) {
                return false;
            }
        }
        return true;
    }
}
