package dev.millrace.journal;

import org.agrona.concurrent.UnsafeBuffer;
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

    private static final int MOST_WORDS = MOST_BYTES / Long.BYTES;
    private static final int LENGTH_BITS = 16;
    private static final long LENGTH = (1L << LENGTH_BITS) - 1;

    /** By a type's code. */
    private final long[][] before = new long[RecordType.CODES][];

    /** How many of these words may not be 0. */
    private final int[] words = new int[RecordType.CODES];

    /** A bit for the code of each type that the frame has. */
    private int known;

    private final UnsafeBuffer buffer = new UnsafeBuffer(0, 0);

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
        int count = wordsOf(length);
        if (!has(type) || count == 0) {
            remember(type, bytes, from, length);
            return length;
        }
        buffer.wrap(bytes, from, count * Long.BYTES);
        long[] reference = before[type.code()];
        long mask = 0;
        int others = 0;
        long next = buffer.getLong(0);
        for (int i = 0; i < count; i++) {
            long word = next;
            if (i + 1 < count) {
                // Before the place is written to, which never is further than one behind.
                next = buffer.getLong((i + 1) * Long.BYTES);
            }
            if (word != reference[i]) {
                reference[i] = word;
                mask |= 1L << i;
                others++;
                if (others < count) {
                    buffer.putLong(others * Long.BYTES, word);
                }
            }
        }
        forget(type, reference, count);
        int stored = (1 + others) * Long.BYTES;
        if (stored >= length) {
            for (int i = 0; i < count; i++) {
                buffer.putLong(i * Long.BYTES, reference[i]);
            }
            return length;
        }
        buffer.putLong(0, mask << LENGTH_BITS | length);
        return stored;
    }

    /** A part that stands as it is. */
    void remember(RecordType type, byte[] bytes, int from, int partBytes) {
        int length = Math.min(partBytes, MOST_BYTES);
        int whole = length / Long.BYTES;
        long[] reference = before[type.code()];
        if (reference == null) {
            reference = new long[MOST_WORDS];
            before[type.code()] = reference;
        }
        buffer.wrap(bytes, from, length);
        for (int i = 0; i < whole; i++) {
            reference[i] = buffer.getLong(i * Long.BYTES);
        }
        if (whole < wordsOf(length)) {
            long last = 0;
            for (int i = length - 1; i >= whole * Long.BYTES; i--) {
                last = last << Byte.SIZE | (buffer.getByte(i) & 0xFF);
            }
            reference[whole] = last;
        }
        forget(type, reference, wordsOf(length));
    }

    /** Words behind these are 0 from here on. */
    private void forget(RecordType type, long[] reference, int count) {
        for (int i = count; i < words[type.code()]; i++) {
            reference[i] = 0;
        }
        words[type.code()] = count;
        known |= 1 << type.code();
    }

    private boolean has(RecordType type) {
        return (known & 1 << type.code()) != 0;
    }

    private static int wordsOf(int length) {
        return (length + Long.BYTES - 1) / Long.BYTES;
    }

    /** What is wrong with a difference of that many bytes of part; null where nothing is. */
    @Nullable String problem(RecordType type, byte[] bytes, int from, int partBytes) {
        if (!has(type)) {
            return type + " differs from one that is not in its frame";
        }
        if (partBytes < Long.BYTES) {
            return type + ": a difference of " + partBytes + " bytes";
        }
        buffer.wrap(bytes, from, partBytes);
        int length = length();
        long mask = mask();
        boolean fits =
                length >= 1
                        && length <= MOST_BYTES
                        && mask >>> wordsOf(length) == 0
                        && stored() <= partBytes
                        && (length == MOST_BYTES || stored() == partBytes);
        return fits
                ? null
                : "%s: a difference of %d bytes for %d, words 0x%x"
                        .formatted(type, partBytes, length, mask);
    }

    private int length() {
        return (int) (buffer.getLong(0) & LENGTH);
    }

    private long mask() {
        return buffer.getLong(0) >>> LENGTH_BITS;
    }

    private int stored() {
        return (1 + Long.bitCount(mask())) * Long.BYTES;
    }

    /** Bytes of the whole part that a difference without a problem stands for. */
    int partBytes(byte[] bytes, int from, int partBytes) {
        buffer.wrap(bytes, from, partBytes);
        return length() + partBytes - stored();
    }

    /**
     * Makes the whole part of a difference without a problem; what follows is compared with it.
     *
     * @param into takes as much as {@link #partBytes}, and up to 7 bytes more, from {@code at} on
     */
    void decode(RecordType type, byte[] bytes, int from, int partBytes, byte[] into, int at) {
        buffer.wrap(bytes, from, partBytes);
        int length = length();
        int stored = stored();
        int count = wordsOf(length);
        long[] reference = before[type.code()];
        int taken = Long.BYTES;
        for (long left = mask(); left != 0; left &= left - 1) {
            reference[Long.numberOfTrailingZeros(left)] = buffer.getLong(taken);
            taken += Long.BYTES;
        }
        forget(type, reference, count);
        buffer.wrap(into, at, count * Long.BYTES);
        for (int i = 0; i < count; i++) {
            buffer.putLong(i * Long.BYTES, reference[i]);
        }
        System.arraycopy(bytes, from + stored, into, at + length, partBytes - stored);
    }
}
