package dev.millrace.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The beginnings of parts as what differs from the record of the same type before, in the same
 * frame: heads, names and most numbers of requests that come together are alike, and every byte on
 * record is hashed, copied and written to the disk. Little-endian; one thread.
 *
 * <p>A record with {@link JournalRecord#DIFFERS} has in place of the first bytes of its part, of
 * which there are n:
 *
 * <pre>
 *   0  2  n              1 to 384
 *   2  6  words          bit i: word i of the n bytes, eight bytes with zeros behind the n, is
 *                        another than that of the record before, whose missing words are 0
 *   8  8k words          those that are others, in order
 * </pre>
 *
 * and the rest of the part behind. n is 384 but for a shorter part. A frame's first record of a
 * type has none; nor has one that would be no shorter so.
 */
final class RecordDifference {
    /** Of a part, from its beginning on. */
    static final int MOST_BYTES = 384;

    private static final int LENGTH_BITS = 16;
    private static final long LENGTH = (1L << LENGTH_BITS) - 1;
    private static final VarHandle WORD =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** By a type's code. */
    private final byte[][] before = new byte[RecordType.CODES][];

    /** How many of these bytes may not be 0, in whole words. */
    private final int[] filled = new int[RecordType.CODES];

    /** A bit for the code of each type that the frame has. */
    private int known;

    private final long[] others = new long[MOST_BYTES / Long.BYTES];

    /** A frame begins. */
    void clear() {
        known = 0;
    }

    /**
     * Puts the difference in place of the beginning of a part, where that is shorter; what follows
     * is compared with this one.
     *
     * @param length of the beginning, at most {@link #MOST_BYTES}; its last word is filled with
     *     zeros
     * @return bytes that stand there instead; {@code length} where nothing was replaced
     */
    int encode(RecordType type, byte[] bytes, int from, int length) {
        if (!has(type)) {
            remember(type, bytes, from, length);
            return length;
        }
        byte[] reference = before[type.code()];
        int end = wholeWords(length);
        long mask = 0;
        int count = 0;
        int at = other(bytes, from, reference, 0, end);
        while (at < end) {
            long word = word(bytes, from + at);
            if (word == word(reference, at)) {
                at = other(bytes, from, reference, at, end);
                continue;
            }
            WORD.set(reference, at, word);
            mask |= 1L << (at / Long.BYTES);
            others[count++] = word;
            at += Long.BYTES;
        }
        follow(type, reference, end);
        int stored = (1 + count) * Long.BYTES;
        if (stored >= length) {
            return length;
        }
        WORD.set(bytes, from, mask << LENGTH_BITS | length);
        for (int i = 0; i < count; i++) {
            WORD.set(bytes, from + (1 + i) * Long.BYTES, others[i]);
        }
        return stored;
    }

    /** The next word that is another, from {@code at} on; {@code end} where none is. */
    private static int other(byte[] bytes, int from, byte[] reference, int at, int end) {
        int same = Arrays.mismatch(bytes, from + at, from + end, reference, at, end);
        return same < 0 ? end : at + (same & -Long.BYTES);
    }

    private static long word(byte[] bytes, int at) {
        return (long) WORD.get(bytes, at);
    }

    /** A part that stands as it is. */
    void remember(RecordType type, byte[] bytes, int from, int partBytes) {
        byte[] reference = before[type.code()];
        if (reference == null) {
            reference = new byte[MOST_BYTES];
            before[type.code()] = reference;
        }
        int length = Math.min(partBytes, MOST_BYTES);
        System.arraycopy(bytes, from, reference, 0, length);
        Arrays.fill(reference, length, wholeWords(length), (byte) 0);
        follow(type, reference, wholeWords(length));
    }

    /** The next of that type is compared with this one; what is behind it is 0. */
    private void follow(RecordType type, byte[] reference, int end) {
        int code = type.code();
        if (end < filled[code]) {
            Arrays.fill(reference, end, filled[code], (byte) 0);
        }
        filled[code] = end;
        known |= 1 << code;
    }

    private boolean has(RecordType type) {
        return (known & 1 << type.code()) != 0;
    }

    private static int wholeWords(int length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }

    /** What is wrong with a difference of that many bytes of part; null where nothing is. */
    @Nullable String problem(RecordType type, byte[] bytes, int from, int partBytes) {
        if (!has(type)) {
            return type + " differs from one that is not in its frame";
        }
        if (partBytes < Long.BYTES) {
            return type + ": a difference of " + partBytes + " bytes";
        }
        long head = word(bytes, from);
        int length = length(head);
        boolean fits =
                length >= 1
                        && length <= MOST_BYTES
                        && mask(head) >>> (wholeWords(length) / Long.BYTES) == 0
                        && stored(head) <= partBytes
                        && (length == MOST_BYTES || stored(head) == partBytes);
        return fits
                ? null
                : "%s: a difference of %d bytes for %d, words 0x%x"
                        .formatted(type, partBytes, length, mask(head));
    }

    private static int length(long head) {
        return (int) (head & LENGTH);
    }

    private static long mask(long head) {
        return head >>> LENGTH_BITS;
    }

    private static int stored(long head) {
        return (1 + Long.bitCount(mask(head))) * Long.BYTES;
    }

    /** Bytes of the whole part that a difference without a problem stands for. */
    int partBytes(byte[] bytes, int from, int partBytes) {
        long head = word(bytes, from);
        return length(head) + partBytes - stored(head);
    }

    /**
     * Makes the whole part of a difference without a problem; what follows is compared with it.
     *
     * @param into takes as much as {@link #partBytes} from {@code to} on
     */
    void decode(RecordType type, byte[] bytes, int from, int partBytes, byte[] into, int to) {
        long head = word(bytes, from);
        byte[] reference = before[type.code()];
        int taken = from;
        for (long left = mask(head); left != 0; left &= left - 1) {
            taken += Long.BYTES;
            WORD.set(reference, Long.numberOfTrailingZeros(left) * Long.BYTES, word(bytes, taken));
        }
        int length = length(head);
        follow(type, reference, wholeWords(length));
        System.arraycopy(reference, 0, into, to, length);
        int stored = stored(head);
        System.arraycopy(bytes, from + stored, into, to + length, partBytes - stored);
    }
}
