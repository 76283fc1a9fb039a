package dev.millrace.stages.tokenizer.compiled;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.agrona.collections.IntArrayList;

/**
 * Ids of words seen lately. A word of up to 31 bytes is its own key, so that a hit is exact; each
 * place holds the last word that fell on it. Never grows.
 */
final class WordCache {
    static final int LONGEST_WORD = 31;
    private static final int MOST_IDS = 7;
    private static final int BITS = 13;
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Four longs a word: its bytes, then zeros; the last byte is its length. */
    private final long[] keys = new long[4 << BITS];

    /** Eight ints a word: how many ids, then the ids. */
    private final int[] ids = new int[8 << BITS];

    private long first;
    private long second;
    private long third;
    private long fourth;
    private int place;

    /** Appends the word's ids, if they are known; if not, {@link #put} may follow. */
    boolean find(byte[] text, int from, int to, IntArrayList into) {
        int length = to - from;
        first = upTo8(text, from, length);
        second = length > 8 ? upTo8(text, from + 8, length - 8) : 0;
        third = length > 16 ? upTo8(text, from + 16, length - 16) : 0;
        fourth = (long) length << 56 | (length > 24 ? upTo8(text, from + 24, length - 24) : 0);
        long mixed = (first ^ Long.rotateLeft(third, 21)) * 0x9E3779B97F4A7C15L;
        mixed ^= mixed >>> 32;
        mixed = (mixed ^ second ^ Long.rotateLeft(fourth, 43)) * 0xC2B2AE3D27D4EB4FL;
        place = (int) (mixed >>> (64 - BITS));
        int key = place << 2;
        if (keys[key] != first
                || keys[key + 1] != second
                || keys[key + 2] != third
                || keys[key + 3] != fourth) {
            return false;
        }
        int at = place << 3;
        for (int i = 1, count = ids[at]; i <= count; i++) {
            into.addInt(ids[at + i]);
        }
        return true;
    }

    /** Keeps the ids of the word that was not found: those from {@code begin} on. */
    void put(IntArrayList found, int begin) {
        int count = found.size() - begin;
        if (count > MOST_IDS) {
            return;
        }
        int key = place << 2;
        keys[key] = first;
        keys[key + 1] = second;
        keys[key + 2] = third;
        keys[key + 3] = fourth;
        int at = place << 3;
        ids[at] = count;
        for (int i = 0; i < count; i++) {
            ids[at + 1 + i] = found.getInt(begin + i);
        }
    }

    private static long upTo8(byte[] text, int from, int length) {
        if (from + 8 <= text.length) {
            long word = (long) LONGS.get(text, from);
            return length >= 8 ? word : word & ((1L << (8 * length)) - 1);
        }
        long word = 0;
        for (int i = Math.min(8, length) - 1; i >= 0; i--) {
            word = word << 8 | (text[from + i] & 0xFF);
        }
        return word;
    }
}
